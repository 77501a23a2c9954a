"""The deployed functions with other limits and endpoints for a while; their processes, and their rights."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack

__all__ = ["altered", "as_role", "end", "processes"]


@contextlib.contextmanager
def altered(
    stack: LocalStack,
    output: str,
    *,
    timeout: int | None = None,
    memory: int | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[None]:
    """Give a function another time limit, memory size, or further environment variables; then what it had."""
    client, name = stack.client("lambda", root=True), stack.outputs[output]
    found = client.get_function_configuration(FunctionName=name)
    before = {key: found[key] for key in ("Timeout", "MemorySize", "Environment")}
    variables = {"Variables": found["Environment"]["Variables"] | (environment or {})}
    wanted = {"Timeout": timeout, "MemorySize": memory, "Environment": variables}
    client.update_function_configuration(
        FunctionName=name, **{key: value if value is not None else before[key] for key, value in wanted.items()}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, **before)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)


def processes(stack: LocalStack, output: str) -> list[int]:
    """The processes in which this stack's emulator runs a function."""
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={stack.outputs[output]}", f"GATEWAY_PORT={stack.emulator.port}"}
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is somebody else's
            if folder.name.isdigit() and wanted <= set((folder / "environ").read_text("utf-8").split("\0")):
                found.append(int(folder.name))
    return found


def end(pid: int) -> None:
    """Kill a process that may have ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def as_role(stack: LocalStack, output: str, service: str) -> Any:
    """A client that acts with exactly the rights that a function has."""
    function = stack.client("lambda", root=True).get_function_configuration(FunctionName=stack.outputs[output])
    sts = stack.client("sts", root=True)
    key = sts.assume_role(RoleArn=function["Role"], RoleSessionName="fault-tests")["Credentials"]
    session: Any = boto3.session.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
        region_name=stack.deployment.region,
    )
    return session.client(service, endpoint_url=stack.deployment.endpoint_url)
