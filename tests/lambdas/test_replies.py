"""Every error has one status and one shape."""

from __future__ import annotations

import json

import pytest

from lambdas.parent.replies import error_reply, reply
from workbench.contract import ErrorBody, ErrorReply, RunReply
from workbench.errors import (
    CodeMismatchError,
    ContractError,
    Fault,
    RunConflictError,
    RunError,
    StorageError,
    SweepError,
    UnknownRunError,
    WorkbenchError,
)

FAULTS = [Fault("sweep.seed", "is -1"), Fault("sweep.space", "has no points")]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (SweepError(FAULTS), 422, "invalid_sweep"),
        (SweepError(FAULTS, over_cap=True), 413, "over_cap"),
        (CodeMismatchError("old code"), 409, "code_mismatch"),
        (RunConflictError("another sweep"), 409, "run_conflict"),
        (UnknownRunError("no run"), 404, "unknown_run"),
        (ContractError("no JSON"), 400, "malformed"),
        (StorageError("no bucket"), 502, "unavailable"),
        (RunError("no child"), 502, "unavailable"),
    ],
)
def test_status_and_code(error: WorkbenchError, status: int, code: str) -> None:
    found, body = error_reply(error, request_id="r-1")
    assert (found, body.error.code, body.request_id) == (status, code, "r-1")
    if not isinstance(error, SweepError):
        assert (body.error.message, body.error.details) == (str(error), ())


@pytest.mark.parametrize("over_cap", [False, True])
def test_every_fault_is_a_detail(over_cap: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    _, body = error_reply(SweepError(FAULTS, over_cap=over_cap), request_id="r-1")
    assert [(detail.path, detail.message) for detail in body.error.details] == [
        ("sweep.seed", "is -1"),
        ("sweep.space", "has no points"),
    ]


def test_the_shape_on_the_wire() -> None:
    refusal = ErrorReply(error=ErrorBody(code="c", message="é"), request_id="r")
    answer = reply(409, refusal)
    assert (answer["statusCode"], answer["headers"]) == (409, {"Content-Type": "application/json"})
    assert json.loads(answer["body"]) == {
        "error": {"code": "c", "message": "é", "details": []},
        "request_id": "r",
    }


def test_a_reply_on_the_wire() -> None:
    body = RunReply(run_id="r", created=True, n_points=1, n_rows=2, n_shards=1, shard_size=2)
    assert json.loads(reply(202, body)["body"]) == {
        "schema_version": 1,
        "run_id": "r",
        "created": True,
        "n_points": 1,
        "n_rows": 2,
        "n_shards": 1,
        "shard_size": 2,
    }
