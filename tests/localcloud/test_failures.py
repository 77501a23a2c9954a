"""What a record says of a function that crashed, took too long or raised: the words that Lambda itself uses."""

from __future__ import annotations

import base64
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from workbench.localcloud.failures import in_lambdas_words

if TYPE_CHECKING:
    from conftest import Cloud, Deploy

# Lambda ends a chain of invocations behind its 16th; ours has a parent, its copy, the passes of a child, a recorder.
LONGEST_CHAIN = 16


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        ({"exit": 1}, "Runtime exited with error: exit status 1"),
        ({"exit": 137}, "Runtime exited with error: exit status 137"),
        ({"exit": 0}, "Runtime exited without providing a reason"),
        ({"signal": signal.SIGKILL}, "Runtime exited with error: signal: killed"),
        ({"signal": signal.SIGSEGV}, "Runtime exited with error: signal: segmentation fault"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_runtime_that_ended_is_an_exit_error(
    cloud: Cloud, deploy: Deploy, queue: str, event: dict[str, int], ending: str
) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue))
    cloud.queue_event(probe.name, **event)

    record = cloud.receive_one(queue)

    assert len(probe.notes()) == 3
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == event
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"] == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {record['requestContext']['requestId']} Error: {ending}",
    }


def test_a_runtime_that_ends_before_it_is_ready_is_an_exit_error(cloud: Cloud, deploy: Deploy, queue: str) -> None:
    probe = deploy(code="import os\nos._exit(1)\n")
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumRetryAttempts=0)
    cloud.queue_event(probe.name)

    assert cloud.receive_one(queue)["responsePayload"]["errorType"] == "Runtime.ExitError"


def test_a_function_over_its_time_limit_is_timed_out(cloud: Cloud, deploy: Deploy, queue: str) -> None:
    probe = deploy(seconds=1)
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumRetryAttempts=1)
    cloud.queue_event(probe.name, seconds=60)

    record = cloud.receive_one(queue)

    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"] == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {record['requestContext']['requestId']} Error: Task timed out after 1.00 seconds",
    }


def test_a_failure_at_the_end_of_the_longest_chain_is_still_recorded(cloud: Cloud, deploy: Deploy) -> None:
    probe, recorder = deploy(), deploy()
    cloud.configure(probe.name, recorder.arn, MaximumRetryAttempts=0)
    cloud.queue_event(probe.name, copies=LONGEST_CHAIN - 2, exit=1)

    (note,) = recorder.eventually(lambda notes: len(notes) > 0)

    assert note["event"]["responsePayload"]["errorType"] == "Runtime.ExitError"
    assert len(probe.notes()) == LONGEST_CHAIN - 1


def test_a_chain_that_is_too_long_ends_in_a_record(cloud: Cloud, deploy: Deploy, queue: str) -> None:
    probe = deploy()
    cloud.configure(probe.name, cloud.arn_of(queue), MaximumRetryAttempts=0)
    cloud.queue_event(probe.name, copies=LONGEST_CHAIN)

    record = cloud.receive_one(queue)

    assert record["requestPayload"] == {"copies": 0}
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert len(probe.notes()) == LONGEST_CHAIN


def answer(log: str = "", **body: Any) -> tuple[int, dict[str, str], bytes]:
    headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Log-Result": base64.b64encode(log.encode()).decode()}
    return 200, headers, json.dumps(body).encode()


def translated(log: str, message: str) -> dict[str, Any]:
    told = answer(log, errorMessage=message, errorType="Runtime.HandlerError")
    payload: dict[str, Any] = json.loads(in_lambdas_words(told, request_id="r", exits=[])[2])
    return payload


WORKER = '  File "worker.py", line 9, in run\n    result = handler_fn(event, context)\n             ^^^^^^\n'
FRAME = '  File "index.py", line 2, in handler\n    raise Wrong\n'


@pytest.mark.parametrize(
    ("last", "message", "name"),
    [
        ("ValueError: no luck", "no luck", "ValueError"),
        ("botocore.exceptions.ClientError: An error: denied", "An error: denied", "ClientError"),
        ("models.Wrong", "", "Wrong"),
        ("ValueError: two\nlines: of it", "two\nlines: of it", "ValueError"),
        ("KeyError: 'x'", "'x'", "KeyError"),
    ],
)
def test_an_exception_is_named_by_its_class(last: str, message: str, name: str) -> None:
    log = f"something logged\nTraceback (most recent call last):\n{WORKER}{FRAME}{last}\n"
    assert translated(log, message) == {
        "errorType": name,
        "errorMessage": message,
        "requestId": "r",
        "stackTrace": [FRAME],
    }


def test_of_chained_exceptions_the_last_one_counts() -> None:
    trace = "Traceback (most recent call last):\n"
    first = f"{trace}{FRAME}KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n"
    payload = translated(f"{first}{trace}{WORKER}{FRAME}ValueError: 2\n", "2")
    assert (payload["errorType"], payload["stackTrace"]) == ("ValueError", [FRAME])


@pytest.mark.parametrize(("log", "message"), [("", "odd"), ("", ""), ("logged\n", "odd"), ("logged\n", "")])
def test_without_a_traceback_the_emulators_own_type_is_left(log: str, message: str) -> None:
    assert translated(log, message) == {
        "errorType": "Runtime.HandlerError",
        "errorMessage": message,
        "requestId": "r",
    }


def test_a_traceback_that_was_cut_still_names_the_class() -> None:
    payload = translated(f'ndex.py", line 1, in inner\n{FRAME}ValueError: deep\n', "deep")
    assert payload["errorType"] == "ValueError"


def test_an_answer_without_an_error_is_left_alone() -> None:
    good = (200, {"Content-Type": "application/json"}, b'{"errorMessage": "is a key of mine"}')
    assert in_lambdas_words(good, request_id="r", exits=[]) is good
