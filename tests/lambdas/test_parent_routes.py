"""Events as they come from API Gateway and from other parents, and the answers they get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import faulty_models
import workbench as wb
from lambdas.parent.routes import start
from lambdas.telemetry import logger
from memory_parent import CALLER, Parent, shards_of
from workbench.contract import Dispatch, Resumption, decode, encode
from workbench.contract.keys import control_key
from workbench.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST: dict[str, Any] = json.loads(encode(wb.Sweep(faulty_models.noise, wb.product(a=range(10))).request()))
RESUME, CANCEL = "/runs/{run_id}/resume", "/runs/{run_id}/cancel"


@pytest.fixture(autouse=True)
def fresh_log() -> Iterator[None]:
    """The handler's decorator does this at every event."""
    logger.clear_state()
    yield
    logger.clear_state()


def logged_run() -> object:
    return logger.get_current_keys().get("run_id")


def test_a_run_is_submitted_resumed_and_cancelled() -> None:
    parent = Parent()
    status, created = parent.post("/runs", REQUEST)
    run_id = created["run_id"]
    assert (status, created["created"], parent.manifest(run_id).created_by) == (202, True, CALLER)
    assert logged_run() == run_id
    assert parent.post("/runs", REQUEST) == (200, created | {"created": False})
    status, resumed = parent.post(RESUME, {"include": "all"}, run_id=run_id)
    assert (status, resumed["generation"], resumed["missing"]) == (202, 1, created["n_shards"])
    resumption = decode(parent.store.get(control_key(run_id, 1, "resumed")) or b"", Resumption, source="control")
    assert (resumption.by, resumption.include) == (CALLER, "all")
    assert parent.post(CANCEL, {}, run_id=run_id) == (202, {"schema_version": 1, "run_id": run_id, "generation": 1})
    assert control_key(run_id, 1, "cancelled") in parent.listing()


def test_a_body_may_be_missing_where_nothing_needs_to_be_said() -> None:
    parent = Parent()
    run_id = parent.post("/runs", REQUEST)[1]["run_id"]
    parent.dispatcher.take()
    assert parent.post(RESUME, run_id=run_id)[0] == 202
    assert {task.include for task in parent.dispatcher.take()} == {"infra"}
    assert parent.post(CANCEL, run_id=run_id)[0] == 202
    status, refusal = parent.post("/runs")
    assert (status, refusal["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize("route", [RESUME, CANCEL])
def test_a_run_that_nobody_submitted(route: str) -> None:
    status, refusal = Parent().post(route, {}, run_id="noise-nobody")
    assert (status, refusal["error"]["code"], refusal["request_id"]) == (404, "unknown_run", "r-1")
    assert logged_run() == "noise-nobody"


@pytest.mark.parametrize(
    ("route", "body"), [("/runs", {"sweep": 1}), (RESUME, {"include": "some"}), (CANCEL, {"x": 1})]
)
def test_a_malformed_body(route: str, body: dict[str, Any]) -> None:
    parent = Parent()
    run_id = parent.post("/runs", REQUEST)[1]["run_id"]
    before = parent.listing()
    status, refusal = parent.post(route, body, run_id=run_id)
    assert (status, refusal["error"]["code"]) == (400, "malformed")
    assert refusal["error"]["message"].startswith("the request's body is not a valid")
    assert parent.listing() == before


def test_another_sweep_under_the_same_name() -> None:
    parent = Parent()
    parent.post("/runs", REQUEST | {"run_id": "noise-x"})
    status, refusal = parent.post("/runs", REQUEST | {"run_id": "noise-x", "nonce": "another"})
    assert (status, refusal["error"]["code"]) == (409, "run_conflict")
    assert logged_run() == "noise-x"


def test_children_that_cannot_be_started() -> None:
    parent = Parent()
    parent.dispatcher.down, parent.dispatcher.copies_down = {0}, True
    status, refusal = parent.post("/runs", REQUEST)
    assert (status, refusal["error"]["code"]) == (502, "unavailable")
    assert "ask again in a moment, which is safe" in refusal["error"]["message"]
    assert str(logged_run()).startswith("noise-")


def test_a_route_that_there_is_not() -> None:
    status, refusal = Parent().post("/runs/{run_id}/pause", {}, run_id="noise-x")
    assert (status, refusal["error"]["message"]) == (400, "there is no POST /runs/{run_id}/pause here")


def test_a_dispatch_starts_the_children_of_its_shards() -> None:
    parent = Parent()
    run_id = parent.post("/runs", REQUEST)[1]["run_id"]
    parent.dispatcher.take()
    logger.clear_state()
    dispatch = Dispatch(run_id=run_id, shards=((2, 4), (7, 8)), generation=2, include="all")
    start(json.loads(encode(dispatch)), parent.service)
    assert parent.dispatcher.take() == list(dispatch.tasks)
    assert shards_of(dispatch.tasks) == [2, 3, 7]
    assert logged_run() == run_id


def test_a_dispatch_that_fails_is_raised_so_that_lambda_delivers_it_again() -> None:
    parent = Parent()
    run_id = parent.post("/runs", REQUEST)[1]["run_id"]
    parent.dispatcher.down = {1}
    with pytest.raises(RunError, match="shard 1 is throttled"):
        start(json.loads(encode(Dispatch(run_id=run_id, shards=((0, 3),)))), parent.service)
    assert parent.dispatcher.copies == []


def test_an_event_that_is_no_dispatch_is_raised() -> None:
    with pytest.raises(msgspec.ValidationError, match="shards"):
        start({"run_id": "r"}, Parent().service)
