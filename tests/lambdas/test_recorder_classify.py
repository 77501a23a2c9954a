"""Lambda's records of failed invocations, as its documentation shows them, and what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.recorder.classify import classify


def record(condition: str, payload: Any = None, *, tries: int = 3) -> dict[str, Any]:
    return {
        "version": "1.0",
        "requestContext": {"requestId": "r", "condition": condition, "approximateInvokeCount": tries},
        "requestPayload": {},
    } | ({} if payload is None else {"responseContext": {"statusCode": 200}, "responsePayload": payload})


KILLED = "RequestId: 1 Error: Runtime exited with error: signal: killed"
EXITED = "RequestId: 1 Error: Runtime exited with error: exit status 1"


@pytest.mark.parametrize(
    ("failed", "code", "words"),
    [
        (record("EventAgeExceeded", tries=0), "THROTTLED", "raise the account's"),
        (
            record(
                "RetriesExhausted",
                {
                    "errorType": "Sandbox.Timedout",
                    "errorMessage": "RequestId: 1 Error: Task timed out after 3.00 seconds",
                },
            ),
            "TIMEOUT",
            "after 3 tries: Sandbox.Timedout: RequestId: 1 Error: Task timed out after 3.00 seconds",
        ),
        (
            record("RetriesExhausted", {"errorMessage": "2026-01-01T00:00:00Z 1 Task timed out after 3.00 seconds"}),
            "TIMEOUT",
            "3.00",
        ),
        (
            record("RetriesExhausted", {"errorType": "Runtime.ExitError", "errorMessage": KILLED}),
            "OOM",
            "signal: killed",
        ),
        (record("RetriesExhausted", {"errorType": "Runtime.OutOfMemory", "errorMessage": ""}), "OOM", "OutOfMemory"),
        (
            record("RetriesExhausted", {"errorType": "Runtime.ExitError", "errorMessage": EXITED}),
            "CRASH",
            "exit status 1",
        ),
        (
            record("RetriesExhausted", {"errorType": "StorageError", "errorMessage": "cannot write"}),
            "CRASH",
            "cannot write",
        ),
        (
            record("EventAgeExceeded", {"errorType": "StorageError", "errorMessage": "no"}, tries=1),
            "CRASH",
            "after 1 tries",
        ),
        (record("RetriesExhausted", "text"), "CRASH", "text"),
        (record("RetriesExhausted"), "CRASH", "after 3 tries"),
    ],
)
def test_what_a_record_says(failed: dict[str, Any], code: str, words: str) -> None:
    found, message = classify(failed)
    assert found == code
    assert words in message
