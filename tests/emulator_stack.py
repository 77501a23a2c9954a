"""The stack in the laptop for tests: started and deployed once per session, stopped afterwards."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import workbench as wb
from workbench.contract import Output
from workbench.localcloud import process
from workbench.localcloud.deploy import Deployment, deploy
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.localcloud.process import Emulator
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

__all__ = ["EXPERIMENTS", "LocalStack", "backend", "bucket", "local_stack", "store"]

# Deployed beside the built-in experiments: those that go wrong in known ways.
EXPERIMENTS: Final = "faulty_models,fatal_models"


@dataclass(frozen=True)
class LocalStack:
    """A running emulator with the stack on it."""

    emulator: Emulator
    deployment: Deployment

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.deployment.access_key_id, self.deployment.secret_access_key)

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process needs to find the stack and the experiments on it."""
        return os.environ | {
            "WORKBENCH_HOME": str(self.emulator.state_dir.parent),
            "WORKBENCH_EXPERIMENTS": EXPERIMENTS,
            "PYTHONPATH": str(Path(__file__).parent),
        }

    @property
    def outputs(self) -> dict[str, str]:
        stack = self.client("cloudformation").describe_stacks(StackName=self.deployment.stack_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def client(self, service: str, *, root: bool = False) -> Any:
        """A client that acts as the researcher, or as the emulator's superuser."""
        return _client(self.deployment, service, root=root)

    def post(self, body: bytes, *, signed_by: Credentials | None) -> tuple[int, bytes]:
        """Send ``POST /runs`` as it is; returns the status and the answer."""
        url = f"{self.deployment.api_url}/runs"
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        if signed_by is not None:
            SigV4Auth(signed_by, "execute-api", self.deployment.region).add_auth(request)
        sent = urllib.request.Request(url, data=body, headers=dict(request.headers), method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:  # noqa: S310 -- the emulator's loopback address
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()

    def invoke(self, output: str, payload: object) -> Any:
        """Call a function directly, as the superuser."""
        answer = self.client("lambda", root=True).invoke(
            FunctionName=self.outputs[output], Payload=json.dumps(payload).encode()
        )
        return json.loads(answer["Payload"].read())

    def log(self, output: str) -> list[str]:
        """Everything that a function has logged so far."""
        function = self.client("lambda", root=True).get_function_configuration(FunctionName=self.outputs[output])
        logs = self.client("logs", root=True)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
        return [event["message"] for page in pages for event in page["events"]]

    def invocations(self, output: str) -> int:
        """How often a function ran to its end so far."""
        return sum(message.startswith("REPORT RequestId") for message in self.log(output))

    def keys(self, bucket: str) -> set[str]:
        """Every key of a bucket, as the superuser sees them."""
        pages = self.client("s3", root=True).get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {item["Key"] for page in pages for item in page.get("Contents", ())}


@cache
def _client(deployment: Deployment, service: str, *, root: bool) -> Any:
    key, secret = ("test", "test") if root else (deployment.access_key_id, deployment.secret_access_key)
    # The name of the service is only known here as text, which the typed client factories do not take.
    session: Any = boto3.session.Session(
        aws_access_key_id=key, aws_secret_access_key=secret, region_name=deployment.region
    )
    return session.client(service, endpoint_url=deployment.endpoint_url)


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    # Where `workbench` itself would look for it, were WORKBENCH_HOME the folder above.
    state_dir = tmp_path_factory.mktemp("home") / "local"
    emulator = process.start(state_dir, retry_seconds=0.1)
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("WORKBENCH_EXPERIMENTS", EXPERIMENTS)
            deployment = deploy(emulator)
        yield LocalStack(emulator, deployment)
    finally:
        process.stop(state_dir)


@pytest.fixture(scope="session")
def backend(local_stack: LocalStack) -> CloudBackend:
    """The cloud back end as a researcher gets it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WORKBENCH_HOME", local_stack.environment["WORKBENCH_HOME"])
        return wb.connect("local")


@pytest.fixture(scope="session")
def bucket(local_stack: LocalStack) -> str:
    return local_stack.outputs[Output.BUCKET]


@pytest.fixture(scope="session")
def store(local_stack: LocalStack, bucket: str) -> Store:
    """The bucket with a researcher's rights."""
    return S3Store(local_stack.client("s3"), bucket)
