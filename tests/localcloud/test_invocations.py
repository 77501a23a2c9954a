"""Asynchronous invocations on the real emulator: the bound, the retries, and the records of failures."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.localcloud.invocations import retry_delay, throttle_delay

if TYPE_CHECKING:
    from conftest import Cloud, Deploy


def test_every_event_runs_once_and_no_more_than_the_bound_at_a_time(cloud: Cloud, deploy: Deploy) -> None:
    probe = deploy()
    for number in range(60):
        # The first one waits for the second: were there only one at a time, it would wait for ever.
        cloud.queue_event(probe.name, number=number, seconds=0.03, meet=cloud.concurrency)

    notes = probe.eventually(lambda notes: len(notes) >= 60)

    assert sorted(note["event"]["number"] for note in notes) == list(range(60))
    steps = sorted([(note["begin"], 1) for note in notes] + [(note["end"], -1) for note in notes])
    running = [sum(step for _, step in steps[: place + 1]) for place in range(len(steps))]
    assert max(running) == cloud.concurrency
    assert len({note["pid"] for note in notes}) == cloud.concurrency


def test_a_failing_function_runs_three_times_and_its_record_reaches_the_queue(
    cloud: Cloud, deploy: Deploy, queue: str
) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue))
    cloud.queue_event(probe.name, fail="no such luck")

    record = cloud.receive_one(queue)

    assert len(probe.notes()) == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    request_id = record["requestContext"].pop("requestId")
    assert uuid.UUID(request_id).version == 4
    (frame,) = record["responsePayload"].pop("stackTrace")
    assert re.fullmatch(r'  File ".*index\.py", line \d+, in handler\n    raise ValueError\(event\["fail"\]\)\n', frame)
    assert record == {
        "version": "1.0",
        "requestContext": {
            "functionArn": f"{probe.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"fail": "no such luck"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no such luck", "errorType": "ValueError", "requestId": request_id},
    }


@pytest.mark.parametrize("qualifier", [{}, {"Qualifier": "$LATEST"}], ids=["unqualified", "latest"])
def test_no_attempts_left_means_no_retry(cloud: Cloud, deploy: Deploy, queue: str, qualifier: dict[str, str]) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumRetryAttempts=0, **qualifier)
    cloud.queue_event(probe.name, fail="at once")

    record = cloud.receive_one(queue)

    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert len(probe.notes()) == 1


def test_a_function_can_be_the_destination(cloud: Cloud, deploy: Deploy) -> None:
    probe, recorder = deploy(), deploy()
    cloud.configure(probe.name, recorder.arn, MaximumRetryAttempts=0)
    cloud.queue_event(probe.name, fail="tell the recorder")

    notes = recorder.eventually(lambda notes: len(notes) > 0)

    assert notes[0]["event"]["responsePayload"]["errorMessage"] == "tell the recorder"
    assert notes[0]["event"]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_throttle_burns_no_retry(cloud: Cloud, deploy: Deploy, queue: str) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumRetryAttempts=0)
    cloud.functions.put_function_concurrency(FunctionName=probe.name, ReservedConcurrentExecutions=1)
    for number in range(6):
        cloud.queue_event(probe.name, number=number, seconds=0.1)

    notes = probe.eventually(lambda notes: len(notes) >= 6)

    assert sorted(note["event"]["number"] for note in notes) == list(range(6))
    assert "Messages" not in cloud.queues.receive_message(QueueUrl=queue)


def test_an_event_that_finds_no_capacity_grows_too_old(cloud: Cloud, deploy: Deploy, queue: str) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumEventAgeInSeconds=1)
    cloud.functions.put_function_concurrency(FunctionName=probe.name, ReservedConcurrentExecutions=0)
    cloud.queue_event(probe.name, number=1)

    record = cloud.receive_one(queue)

    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record
    assert probe.notes() == []


def test_an_unknown_function_is_refused_at_once(cloud: Cloud) -> None:
    with pytest.raises(cloud.functions.exceptions.ResourceNotFoundException):
        cloud.functions.invoke(FunctionName="nobody", InvocationType="Event", Payload=b"{}")


def test_a_payload_that_is_no_json_is_refused_at_once(cloud: Cloud, deploy: Deploy) -> None:
    with pytest.raises(cloud.functions.exceptions.InvalidRequestContentException):
        cloud.functions.invoke(FunctionName=deploy().name, InvocationType="Event", Payload=b"{")


def test_a_synchronous_invocation_is_left_to_the_emulator(cloud: Cloud, deploy: Deploy) -> None:
    answer = cloud.functions.invoke(FunctionName=deploy().name, Payload=b"{}")
    assert (answer["StatusCode"], json.load(answer["Payload"])) == (200, {"done": True})


def test_retries_come_after_one_minute_and_two() -> None:
    assert [retry_delay(attempts, base=60) for attempts in (1, 2)] == [60, 120]


@given(refusals=st.integers(1, 10_000), base=st.floats(0, 60))
def test_throttled_events_wait_longer_each_time_up_to_five_minutes(refusals: int, base: float) -> None:
    delay = throttle_delay(refusals, base=base)
    assert base / 60 <= delay <= throttle_delay(refusals + 1, base=base) <= 5 * base
