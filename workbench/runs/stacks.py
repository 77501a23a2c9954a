"""Deployed stacks as a client finds them: the one in the laptop, or one on AWS, by its name."""

from __future__ import annotations

from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from workbench.contract import Output
from workbench.errors import DeploymentError, EmulatorError
from workbench.runs.cloud import Stack

__all__ = ["find_aws_stack", "find_local_stack"]

_LOCAL: Final = "local"
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired", "UnrecognizedClientException"}
)
_LOG_IN: Final = "run `aws sso login` or `aws configure`, or name a profile: connect(..., profile=...)"


def find_local_stack() -> Stack:
    """Find the stack in the laptop; EmulatorError where it does not run."""
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
        name=_LOCAL,
        outputs=_outputs(client, found.stack_name, remedy="run `workbench up`"),
        session=session,
        api_url=found.api_url,
        endpoint_url=found.endpoint_url,
        remedy="run `workbench up`",
    )


def find_aws_stack(name: str, *, profile: str | None, region: str | None) -> Stack:
    """Find a stack on AWS; DeploymentError where there is none, or no valid credentials."""
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
