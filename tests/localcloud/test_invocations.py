"""Asynchronous invocations on the real emulator: the bound, the retries, and the records of failures."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from workbench.localcloud import process
from workbench.localcloud.invocations import retry_delay, throttle_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

Notes = list[dict[str, Any]]

CONCURRENCY = 2
CODE = """
import json, os, pathlib, time, uuid

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
    if event.get("fail"):
        raise ValueError(event["fail"])
    return {"done": True}
"""


class Cloud(NamedTuple):
    functions: LambdaClient
    queues: SQSClient
    role: str


class Probe(NamedTuple):
    """A deployed function that notes every time it runs."""

    name: str
    arn: str
    folder: Path

    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.folder.glob("*.json")]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("emulator")
    emulator = process.start(folder, concurrency=CONCURRENCY, retry_seconds=0.05)
    session = boto3.Session("test", "test", region_name="us-east-1")
    # Event ages under AWS's minute keep the tests short; the client would refuse them.
    config = Config(parameter_validation=False)
    role = session.client("iam", endpoint_url=emulator.base_url).create_role(
        RoleName="probe", AssumeRolePolicyDocument="{}"
    )
    yield Cloud(
        session.client("lambda", endpoint_url=emulator.base_url, config=config),
        session.client("sqs", endpoint_url=emulator.base_url),
        role["Role"]["Arn"],
    )
    process.stop(folder)


@pytest.fixture
def deploy(cloud: Cloud, tmp_path: Path) -> Callable[[], Probe]:
    def deploy() -> Probe:
        name = f"probe-{uuid.uuid4().hex[:8]}"
        folder = tmp_path / name
        folder.mkdir()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", CODE)
        created = cloud.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handler",
            Role=cloud.role,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"FOLDER": str(folder)}},
            Timeout=30,
        )
        return Probe(name, created["FunctionArn"], folder)

    return deploy


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return cloud.queues.create_queue(QueueName=f"failures-{uuid.uuid4().hex[:8]}")["QueueUrl"]


def arn_of(cloud: Cloud, queue: str) -> str:
    return cloud.queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def configure(cloud: Cloud, function: str, destination: str, **settings: Any) -> None:
    cloud.functions.put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": destination}}, **settings
    )


def queue_event(cloud: Cloud, function: str, **event: Any) -> None:
    answer = cloud.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202


def eventually(read: Callable[[], Notes], accept: Callable[[Notes], bool], seconds: float = 30) -> Notes:
    deadline = time.monotonic() + seconds
    while not accept(value := read()):
        assert time.monotonic() < deadline, f"waited in vain; last seen: {value}"
        time.sleep(0.02)
    return value


def receive_one(cloud: Cloud, queue: str) -> dict[str, Any]:
    messages = cloud.queues.receive_message(QueueUrl=queue, WaitTimeSeconds=15)["Messages"]
    assert len(messages) == 1
    record: dict[str, Any] = json.loads(messages[0]["Body"])
    return record


def test_every_event_runs_once_and_no_more_than_the_bound_at_a_time(cloud: Cloud, deploy: Callable[[], Probe]) -> None:
    probe = deploy()
    for number in range(60):
        # The first one waits for the second: were there only one at a time, it would wait for ever.
        queue_event(cloud, probe.name, number=number, seconds=0.03, meet=CONCURRENCY)

    notes = eventually(probe.notes, lambda notes: len(notes) >= 60)

    assert sorted(note["event"]["number"] for note in notes) == list(range(60))
    steps = sorted([(note["begin"], 1) for note in notes] + [(note["end"], -1) for note in notes])
    running = [sum(step for _, step in steps[: place + 1]) for place in range(len(steps))]
    assert max(running) == CONCURRENCY
    assert len({note["pid"] for note in notes}) == CONCURRENCY


def test_a_failing_function_runs_three_times_and_its_record_reaches_the_queue(
    cloud: Cloud, deploy: Callable[[], Probe], queue: str
) -> None:
    probe = deploy()
    configure(cloud, probe.name, arn_of(cloud, queue))
    queue_event(cloud, probe.name, fail="no such luck")

    record = receive_one(cloud, queue)

    assert len(probe.notes()) == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    assert uuid.UUID(record["requestContext"].pop("requestId")).version == 4
    assert record == {
        "version": "1.0",
        "requestContext": {
            "functionArn": f"{probe.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"fail": "no such luck"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no such luck", "errorType": "Runtime.HandlerError"},
    }


@pytest.mark.parametrize("qualifier", [{}, {"Qualifier": "$LATEST"}], ids=["unqualified", "latest"])
def test_no_attempts_left_means_no_retry(
    cloud: Cloud, deploy: Callable[[], Probe], queue: str, qualifier: dict[str, str]
) -> None:
    probe = deploy()
    configure(cloud, probe.name, arn_of(cloud, queue), MaximumRetryAttempts=0, **qualifier)
    queue_event(cloud, probe.name, fail="at once")

    record = receive_one(cloud, queue)

    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert len(probe.notes()) == 1


def test_a_function_can_be_the_destination(cloud: Cloud, deploy: Callable[[], Probe]) -> None:
    probe, recorder = deploy(), deploy()
    configure(cloud, probe.name, recorder.arn, MaximumRetryAttempts=0)
    queue_event(cloud, probe.name, fail="tell the recorder")

    notes = eventually(recorder.notes, lambda notes: len(notes) > 0)

    assert notes[0]["event"]["responsePayload"]["errorMessage"] == "tell the recorder"
    assert notes[0]["event"]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_throttle_burns_no_retry(cloud: Cloud, deploy: Callable[[], Probe], queue: str) -> None:
    probe = deploy()
    configure(cloud, probe.name, arn_of(cloud, queue), MaximumRetryAttempts=0)
    cloud.functions.put_function_concurrency(FunctionName=probe.name, ReservedConcurrentExecutions=1)
    for number in range(6):
        queue_event(cloud, probe.name, number=number, seconds=0.1)

    notes = eventually(probe.notes, lambda notes: len(notes) >= 6)

    assert sorted(note["event"]["number"] for note in notes) == list(range(6))
    assert "Messages" not in cloud.queues.receive_message(QueueUrl=queue)


def test_an_event_that_finds_no_capacity_grows_too_old(cloud: Cloud, deploy: Callable[[], Probe], queue: str) -> None:
    probe = deploy()
    configure(cloud, probe.name, arn_of(cloud, queue), MaximumEventAgeInSeconds=1)
    cloud.functions.put_function_concurrency(FunctionName=probe.name, ReservedConcurrentExecutions=0)
    queue_event(cloud, probe.name, number=1)

    record = receive_one(cloud, queue)

    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record
    assert probe.notes() == []


def test_an_unknown_function_is_refused_at_once(cloud: Cloud) -> None:
    with pytest.raises(cloud.functions.exceptions.ResourceNotFoundException):
        cloud.functions.invoke(FunctionName="nobody", InvocationType="Event", Payload=b"{}")


def test_a_payload_that_is_no_json_is_refused_at_once(cloud: Cloud, deploy: Callable[[], Probe]) -> None:
    with pytest.raises(cloud.functions.exceptions.InvalidRequestContentException):
        cloud.functions.invoke(FunctionName=deploy().name, InvocationType="Event", Payload=b"{")


def test_a_synchronous_invocation_is_left_to_the_emulator(cloud: Cloud, deploy: Callable[[], Probe]) -> None:
    answer = cloud.functions.invoke(FunctionName=deploy().name, Payload=b"{}")
    assert (answer["StatusCode"], json.load(answer["Payload"])) == (200, {"done": True})


def test_retries_come_after_one_minute_and_two() -> None:
    assert [retry_delay(attempts, base=60) for attempts in (1, 2)] == [60, 120]


@given(refusals=st.integers(1, 10_000), base=st.floats(0, 60))
def test_throttled_events_wait_longer_each_time_up_to_five_minutes(refusals: int, base: float) -> None:
    delay = throttle_delay(refusals, base=base)
    assert base / 60 <= delay <= throttle_delay(refusals + 1, base=base) <= 5 * base
