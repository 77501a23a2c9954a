"""The user that clients of the emulator act as: it has the researcher policy, as a person on AWS would, and no more."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AccessKey", "ensure_researcher", "read_key"]

_FILE: Final = "credentials.json"
# AWS looks up the workgroup of a query and authorizes on that, as the researcher policy expects. The emulator
# authorizes calls that name only a query on no resource at all, so there the user needs them on everything.
_BY_QUERY_ID: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "athena:BatchGetNamedQuery",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:StopQueryExecution",
            ],
            "Resource": "*",
        }
    ],
}


@dataclass(frozen=True)
class AccessKey:
    """Credentials of the researcher, valid on the emulator only."""

    access_key_id: str
    secret_access_key: str


def ensure_researcher(iam: Any, *, user: str, policy_arn: str, state_dir: Path) -> AccessKey:
    """Make the user with the policy, or find it; its key is kept in the state folder, readable by its owner only.

    Parameters
    ----------
    iam : botocore client
        Of the emulator.
    user : str
        Name of the user.
    policy_arn : str
        The researcher policy.
    state_dir : Path
        Folder of the emulator's state.

    Returns
    -------
    AccessKey
    """
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=policy_arn)
    iam.put_user_policy(UserName=user, PolicyName="ask-by-query-id", PolicyDocument=json.dumps(_BY_QUERY_ID))
    key = read_key(state_dir)
    valid = {listed["AccessKeyId"] for listed in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}
    if key is not None and key.access_key_id in valid:
        return key
    for forgotten in valid:
        with suppress(ClientError):
            iam.delete_access_key(UserName=user, AccessKeyId=forgotten)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
    _write_key(key, state_dir)
    return key


def read_key(state_dir: Path) -> AccessKey | None:
    """Read the researcher's key; None where there is none yet."""
    try:
        return AccessKey(**json.loads((state_dir / _FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return None


def _write_key(key: AccessKey, state_dir: Path) -> None:
    draft = state_dir / f"{_FILE}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(key), file)
    draft.replace(state_dir / _FILE)
