"""A run's answers come from its engine, its state from its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from run_doubles import FakeControl
from small_runs import plan
from workbench.contract import encode
from workbench.contract.keys import manifest_key
from workbench.errors import ContractError, QueryError, UnknownRunError
from workbench.runs.run import Run
from workbench.storage.manifest import read_manifest
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(4))), shard_size=2)
ENGINE: Any = None  # nothing is asked


def test_in_words() -> None:
    assert (
        repr(Run(MANIFEST, MemoryStore(), ENGINE, control=FakeControl()))
        == f"Run({MANIFEST.run_id}: 4 rows in 2 shards)"
    )


def test_the_manifest_is_read_as_it_was_written() -> None:
    store = MemoryStore()
    store.put(manifest_key(MANIFEST.run_id), encode(MANIFEST))
    assert read_manifest(store, MANIFEST.run_id) == MANIFEST


def test_an_unknown_run() -> None:
    with pytest.raises(UnknownRunError, match=r"there is no run 'r' in .*run_ids\(\)"):
        read_manifest(MemoryStore(), "r")


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
    assert (failure["example_row_index"], failure["example.x"]) == (0, 0)


def test_aggregates_are_of_the_good_rows(run: Run) -> None:
    frame = run.aggregate(by=["x"], metrics=["value"])
    assert frame["x"].tolist() == list(range(6))
    assert frame["count"].tolist() == [0, 3, 3, 0, 3, 3]
    good = frame[frame["count"] > 0]
    assert all(x <= mean < x + 1 for x, mean in zip(good["x"], good["mean"], strict=True))


def test_an_unknown_metric_is_refused(run: Run) -> None:
    with pytest.raises(QueryError, match="valeu"):
        run.aggregate(by=["x"], metrics=["valeu"])
