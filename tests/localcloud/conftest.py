"""Fixtures of the tests of the stack in the laptop."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from athena_lab import lab
from workbench.localcloud import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

__all__ = ["Cloud", "Deploy", "Probe", "lab"]

Notes = list[dict[str, Any]]

# A function that notes when it runs, goes on in a copy of itself, and ends as it is told.
CODE = """
import botocore.session, json, os, pathlib, time, uuid

def handler(event, context):
    begin = time.monotonic()
    folder = pathlib.Path(os.environ["FOLDER"])
    (folder / f"{uuid.uuid4()}.begun").touch()
    while len(list(folder.glob("*.begun"))) < event.get("meet", 1):
        time.sleep(0.01)
    time.sleep(event.get("seconds", 0))
    note = {"event": event, "begin": begin, "end": time.monotonic(), "pid": os.getpid()}
    draft = folder / f"{uuid.uuid4()}.draft"
    draft.write_text(json.dumps(note))
    draft.rename(draft.with_suffix(".json"))
    if event.get("copies"):
        client = botocore.session.get_session().create_client("lambda")
        left = json.dumps({**event, "copies": event["copies"] - 1})
        client.invoke(FunctionName=context.function_name, InvocationType="Event", Payload=left)
        return {"copied": True}
    if "exit" in event:
        os._exit(event["exit"])
    if "signal" in event:
        os.kill(os.getpid(), event["signal"])
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"done": True}
"""
TO_ITSELF = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}


@dataclass(frozen=True)
class Probe:
    """A deployed function that notes every time it runs."""

    name: str
    arn: str
    folder: Path

    def notes(self) -> Notes:
        return [json.loads(path.read_text()) for path in self.folder.glob("*.json")]

    def eventually(self, accept: Callable[[Notes], bool], seconds: float = 30) -> Notes:
        deadline = time.monotonic() + seconds
        while not accept(notes := self.notes()):
            assert time.monotonic() < deadline, f"waited in vain; last seen: {notes}"
            time.sleep(0.02)
        return notes


@dataclass(frozen=True)
class Cloud:
    """An emulator without the stack, and what the tests ask of it."""

    functions: LambdaClient
    queues: SQSClient
    role: str
    concurrency: int

    def arn_of(self, queue: str) -> str:
        found = self.queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]

    def configure(self, function: str, destination: str, **settings: Any) -> None:
        self.functions.put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnFailure": {"Destination": destination}}, **settings
        )

    def queue_event(self, function: str, **event: Any) -> None:
        answer = self.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
        assert answer["StatusCode"] == 202

    def receive_one(self, queue: str) -> dict[str, Any]:
        messages = self.queues.receive_message(QueueUrl=queue, WaitTimeSeconds=15)["Messages"]
        assert len(messages) == 1
        record: dict[str, Any] = json.loads(messages[0]["Body"])
        return record


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("emulator")
    emulator = process.start(folder, concurrency=2, retry_seconds=0.05)
    session = boto3.Session("test", "test", region_name="us-east-1")
    # Event ages under AWS's minute keep the tests short; the client would refuse them.
    config = Config(parameter_validation=False)
    iam = session.client("iam", endpoint_url=emulator.base_url)
    role = iam.create_role(RoleName="probe", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName="probe", PolicyName="itself", PolicyDocument=json.dumps({"Statement": [TO_ITSELF]}))
    yield Cloud(
        session.client("lambda", endpoint_url=emulator.base_url, config=config),
        session.client("sqs", endpoint_url=emulator.base_url),
        role["Role"]["Arn"],
        concurrency=2,
    )
    process.stop(folder)


@dataclass(frozen=True)
class Deploy:
    """Makes probes."""

    cloud: Cloud
    folder: Path

    def __call__(self, *, code: str = CODE, seconds: int = 30) -> Probe:
        name = f"probe-{uuid.uuid4().hex[:8]}"
        folder = self.folder / name
        folder.mkdir()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", code)
        created = self.cloud.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handler",
            Role=self.cloud.role,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"FOLDER": str(folder)}},
            Timeout=seconds,
        )
        return Probe(name, created["FunctionArn"], folder)


@pytest.fixture
def deploy(cloud: Cloud, tmp_path: Path) -> Deploy:
    return Deploy(cloud, tmp_path)


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return cloud.queues.create_queue(QueueName=f"failures-{uuid.uuid4().hex[:8]}")["QueueUrl"]
