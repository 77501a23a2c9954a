"""The stack onto the emulator: the same template that AWS gets, the gaps of the emulator filled, a user to act as."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from workbench.contract import Output
from workbench.errors import EmulatorError
from workbench.localcloud.assets import upload
from workbench.localcloud.folder import alone
from workbench.localcloud.researcher import AccessKey, ensure_researcher, read_key
from workbench.localcloud.stack import outputs, put
from workbench.localcloud.synth import fingerprint, synthesize
from workbench.localcloud.validators import attach_validators

if TYPE_CHECKING:
    from workbench.localcloud.folder import Emulator

__all__ = ["Deployment", "deploy", "find_deployment"]

REGION: Final = "us-east-1"
_RECORD: Final = "deployment.json"
# The emulator's own superuser; only the deploy acts as it.
_ROOT: Final = AccessKey("test", "test")
_API_URL: Final = re.compile(r"https://(?P<api_id>[^.]+)\.execute-api\.[^/]+/(?P<stage>[^/]+)")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployed stack, and how to reach it as a researcher.

    Parameters
    ----------
    stack_name : str
        Its outputs say the rest.
    region : str
        Where it pretends to be.
    endpoint_url : str
        For every client but the API's.
    api_url : str
        The API's stage, without a slash at the end; its output names an address on AWS.
    access_key_id, secret_access_key : str
        Of the researcher.
    """

    stack_name: str
    region: str
    endpoint_url: str
    api_url: str
    access_key_id: str
    secret_access_key: str


def deploy(emulator: Emulator) -> Deployment:
    """Bring the stack on an emulator up to date with the code of this checkout.

    Modules that the variable ``WORKBENCH_EXPERIMENTS`` names are deployed with it. Where nothing changed, nothing is
    done.

    Parameters
    ----------
    emulator : Emulator
        A running one.

    Returns
    -------
    Deployment

    Raises
    ------
    EmulatorError
        If the stack cannot be made or deployed; with the reason and what to do.
    """
    with alone(emulator.state_dir):
        wanted = fingerprint()
        if _read_record(emulator.state_dir).get("fingerprint") == wanted and (found := find_deployment(emulator)):
            return found
        with tempfile.TemporaryDirectory() as folder:
            assembly = synthesize(Path(folder))
            session = _session(_ROOT)
            addresses = upload(assembly.assets, session, emulator.base_url)
        cloudformation = session.client("cloudformation", endpoint_url=emulator.base_url)
        deployed = put(cloudformation, assembly.stack_name, addresses[assembly.template])
        api_id, _ = _api(deployed)
        attach_validators(session.client("apigateway", endpoint_url=emulator.base_url), api_id)
        key = ensure_researcher(
            session.client("iam", endpoint_url=emulator.base_url),
            user=f"{assembly.stack_name}-researcher",
            policy_arn=deployed[Output.RESEARCHER_POLICY],
            state_dir=emulator.state_dir,
        )
        record = {"fingerprint": wanted, "stack_name": assembly.stack_name}
        (emulator.state_dir / _RECORD).write_text(json.dumps(record), encoding="utf-8")
        return _deployment(emulator, assembly.stack_name, deployed, key)


def find_deployment(emulator: Emulator) -> Deployment | None:
    """Find the stack that was deployed onto an emulator, whatever code it was made from.

    Parameters
    ----------
    emulator : Emulator
        A running one.

    Returns
    -------
    Deployment or None
        None where nothing that can be used is deployed.
    """
    name = _read_record(emulator.state_dir).get("stack_name")
    key = read_key(emulator.state_dir)
    if name is None or key is None:
        return None
    deployed = outputs(_session(_ROOT).client("cloudformation", endpoint_url=emulator.base_url), name)
    return _deployment(emulator, name, deployed, key) if deployed is not None else None


def _deployment(emulator: Emulator, name: str, deployed: dict[str, str], key: AccessKey) -> Deployment:
    api_id, stage = _api(deployed)
    return Deployment(
        stack_name=name,
        region=REGION,
        endpoint_url=emulator.base_url,
        api_url=f"{emulator.base_url}/_aws/execute-api/{api_id}/{stage}",
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
    )


def _api(deployed: dict[str, str]) -> tuple[str, str]:
    match = _API_URL.fullmatch(deployed.get(Output.API_URL, ""))
    if match is None:
        raise EmulatorError(
            f"the stack's output {Output.API_URL.value} is not the address of an API's stage: {deployed}"
        )
    return match["api_id"], match["stage"]


def _session(key: AccessKey) -> Any:
    return boto3.session.Session(
        aws_access_key_id=key.access_key_id, aws_secret_access_key=key.secret_access_key, region_name=REGION
    )


def _read_record(state_dir: Path) -> dict[str, str]:
    try:
        record: dict[str, str] = json.loads((state_dir / _RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record
