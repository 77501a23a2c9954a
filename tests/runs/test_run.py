"""A run's answers come from its engine, its state from its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.contract import encode
from workbench.contract.keys import manifest_key, outcome_key
from workbench.errors import ContractError, QueryError, RunError
from workbench.runs.run import Run, read_manifest
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(4))), shard_size=2)
ENGINE: Any = None  # nothing is asked


def put_success(store: MemoryStore, shard_id: int) -> None:
    store.put(outcome_key("noise", MANIFEST.run_id, "success", shard_id), b"")


def test_waiting_ends_when_the_last_outcome_lands() -> None:
    store = MemoryStore()
    put_success(store, 0)
    checks = []

    def land() -> None:
        checks.append(1)
        put_success(store, 1)

    status = Run(MANIFEST, store, ENGINE, check=land).wait(progress=False)
    assert (status.state, len(checks)) == ("SUCCEEDED", 1)


def test_waiting_ends_when_nobody_evaluates_any_more() -> None:
    def give_up() -> None:
        raise RunError("the worker died")

    with pytest.raises(RunError, match="the worker died"):
        Run(MANIFEST, MemoryStore(), ENGINE, check=give_up).wait(progress=False)


def test_a_finished_run_is_not_checked() -> None:
    def never() -> None:
        raise AssertionError

    store = MemoryStore()
    put_success(store, 0)
    put_success(store, 1)
    assert Run(MANIFEST, store, ENGINE, check=never).wait(timeout=0).state == "SUCCEEDED"


def test_in_words() -> None:
    assert repr(Run(MANIFEST, MemoryStore(), ENGINE)) == f"Run({MANIFEST.run_id}: 4 rows in 2 shards)"


def test_the_manifest_is_read_as_it_was_written() -> None:
    store = MemoryStore()
    store.put(manifest_key(MANIFEST.run_id), encode(MANIFEST))
    assert read_manifest(store, MANIFEST.run_id) == MANIFEST


@pytest.mark.parametrize("data", [b"{}", b"\xff", b'{"schema_version":1,"run_id":"\xff"}'])
def test_a_damaged_manifest(data: bytes) -> None:
    store = MemoryStore()
    store.put(manifest_key("r"), data)
    with pytest.raises(ContractError, match=r"manifests/r.json is not a valid Manifest"):
        read_manifest(store, "r")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root: Path = tmp_path_factory.mktemp("results")
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(6)), replicates=3)
    return wb.serial(root).submit(sweep, shard_size=4)


def test_coverage_is_every_row(run: Run) -> None:
    (coverage,) = run.coverage().to_dict("records")
    assert (coverage["rows"], coverage["good"], coverage["failed"], coverage["shards"]) == (18, 12, 6, 5)


def test_failures_are_counted_by_code(run: Run) -> None:
    (failure,) = run.failures().to_dict("records")
    assert (failure["error_code"], failure["count"]) == ("ValueError", 6)
    assert failure["example_message"] == "ValueError: 0 is a multiple of 3"


def test_aggregates_are_of_the_good_rows(run: Run) -> None:
    frame = run.aggregate(by=["x"], metrics=["value"])
    assert frame["x"].tolist() == list(range(6))
    assert frame["count"].tolist() == [0, 3, 3, 0, 3, 3]
    good = frame[frame["count"] > 0]
    assert all(x <= mean < x + 1 for x, mean in zip(good["x"], good["mean"], strict=True))


def test_an_unknown_metric_is_refused(run: Run) -> None:
    with pytest.raises(QueryError, match="valeu"):
        run.aggregate(by=["x"], metrics=["valeu"])
