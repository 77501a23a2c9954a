"""Finding whoever can run a sweep: a deployed stack by its name, the emulator, or this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from workbench.contract import Output
from workbench.errors import DeploymentError, EmulatorError
from workbench.runs.cloud import CloudBackend, Stack
from workbench.runs.local import ProcessBackend, SerialBackend

if TYPE_CHECKING:
    from typing import Any

    from workbench.runs.local import StartMethod

__all__ = ["LOCAL", "connect", "processes", "serial"]

LOCAL: Final = "local"
_RESULTS: Final = "results"
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired", "UnrecognizedClientException"}
)
_LOG_IN: Final = "run `aws sso login` or `aws configure`, or name a profile: connect(..., profile=...)"


def connect(name: str, *, profile: str | None = None, region: str | None = None) -> CloudBackend:
    """Find a deployed stack; nothing is copied by hand.

    Parameters
    ----------
    name : str
        ``"local"`` for the stack in the laptop, else the name of a CloudFormation stack.
    profile, region : str, optional
        Of the ordinary AWS configuration; its defaults where they are missing.

    Returns
    -------
    CloudBackend

    Raises
    ------
    DeploymentError
        If there is no such stack, or no valid credentials; the message says what to run.
    EmulatorError
        If the stack in the laptop does not run.
    """
    return CloudBackend(_local_stack() if name == LOCAL else _aws_stack(name, profile=profile, region=region))


def serial(root: str | Path = _RESULTS) -> SerialBackend:
    """Evaluate in this process, one row after the other.

    Parameters
    ----------
    root : path
        Folder where outcomes are kept.

    Returns
    -------
    SerialBackend
    """
    return SerialBackend(Path(root))


def processes(
    workers: int | None = None, *, root: str | Path = _RESULTS, start_method: StartMethod | None = None
) -> ProcessBackend:
    """Evaluate on all cores of this machine.

    Parameters
    ----------
    workers : int, optional
        Processes to use; as many as there are cores by default.
    root : path
        Folder where outcomes are kept.
    start_method : {'fork', 'spawn'}, optional
        How they are started, see `ProcessBackend`; what suits the platform by default.

    Returns
    -------
    ProcessBackend
    """
    return ProcessBackend(Path(root), workers=workers or os.cpu_count() or 1, start_method=start_method)


def _local_stack() -> Stack:
    try:
        # The emulator belongs to an extra.
        from workbench.localcloud.deploy import find_deployment  # noqa: PLC0415
        from workbench.localcloud.process import default_state_dir, find  # noqa: PLC0415
    except ImportError as error:
        raise EmulatorError(
            f"the stack in the laptop needs {error.name}: run `pip install 'sweep-workbench[emulator,cdk]'`"
        ) from error
    emulator = find(default_state_dir())
    if emulator is None:
        raise EmulatorError("the stack in the laptop does not run: start it with `workbench up`")
    found = find_deployment(emulator)
    if found is None:
        raise EmulatorError("the emulator runs, but nothing is deployed on it: run `workbench up`")
    session = boto3.session.Session(
        aws_access_key_id=found.access_key_id,
        aws_secret_access_key=found.secret_access_key,
        region_name=found.region,
    )
    client = session.client("cloudformation", endpoint_url=found.endpoint_url)
    return Stack(
        name=LOCAL,
        outputs=_outputs(client, found.stack_name, remedy="run `workbench up`"),
        session=session,
        api_url=found.api_url,
        endpoint_url=found.endpoint_url,
        remedy="run `workbench up`",
    )


def _aws_stack(name: str, *, profile: str | None, region: str | None) -> Stack:
    try:
        session = boto3.session.Session(profile_name=profile, region_name=region)
        client = session.client("cloudformation")
    except BotoCoreError as error:
        raise DeploymentError(f"{error}: name a profile and region that `aws configure list` shows") from error
    where = f"in {session.region_name}"
    remedy = f"deploy it ({where}) with `cdk deploy` in cdk/, or check the name, the region and the profile"
    outputs = _outputs(client, name, remedy=remedy)
    return Stack(
        name=name, outputs=outputs, session=session, api_url=outputs[Output.API_URL].rstrip("/"), remedy=remedy
    )


def _outputs(client: Any, name: str, *, remedy: str) -> dict[str, str]:
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise DeploymentError(f"there are no AWS credentials: {_LOG_IN}") from error
    except ClientError as error:
        if error.response["Error"]["Code"] in _EXPIRED:
            raise DeploymentError(f"the AWS credentials have expired or are not valid: {_LOG_IN}") from error
        if error.response["Error"]["Code"] == "ValidationError":
            raise DeploymentError(f"there is no stack {name!r}: {remedy}") from error
        raise DeploymentError(f"the stack {name!r} cannot be read ({error}): {remedy}") from error
    except BotoCoreError as error:
        raise DeploymentError(f"the stack {name!r} cannot be read ({error}): {remedy}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    if absent := [output.value for output in Output if output not in outputs]:
        raise DeploymentError(f"the stack {name!r} ({stack['StackStatus']}) lacks {', '.join(absent)}: {remedy}")
    return outputs
