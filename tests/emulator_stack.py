"""The stack in the laptop for tests: started and deployed once per session, stopped afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from workbench.localcloud import process
from workbench.localcloud.deploy import Deployment, deploy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.localcloud.process import Emulator

__all__ = ["LocalStack", "local_stack"]


@dataclass(frozen=True)
class LocalStack:
    """A running emulator with the stack on it."""

    emulator: Emulator
    deployment: Deployment

    def client(self, service: str, *, root: bool = False) -> Any:
        """A client that acts as the researcher, or as the emulator's superuser."""
        facts = self.deployment
        key, secret = ("test", "test") if root else (facts.access_key_id, facts.secret_access_key)
        # The name of the service is only known here as text, which the typed client factories do not take.
        session: Any = boto3.session.Session(
            aws_access_key_id=key, aws_secret_access_key=secret, region_name=facts.region
        )
        return session.client(service, endpoint_url=facts.endpoint_url)

    @property
    def outputs(self) -> dict[str, str]:
        stack = self.client("cloudformation").describe_stacks(StackName=self.deployment.stack_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def invoke(self, output: str, payload: object) -> Any:
        """Call a function directly, as the superuser."""
        answer = self.client("lambda", root=True).invoke(
            FunctionName=self.outputs[output], Payload=json.dumps(payload).encode()
        )
        return json.loads(answer["Payload"].read())


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    state_dir = tmp_path_factory.mktemp("emulator")
    emulator = process.start(state_dir, retry_seconds=0.1)
    try:
        yield LocalStack(emulator, deploy(emulator))
    finally:
        process.stop(state_dir)
