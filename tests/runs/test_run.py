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

    from workbench.runs.status import RunStatus

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
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def run(root: Path) -> Run:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(6)), replicates=3)
    return wb.serial(root).submit(sweep, shard_size=4)


def test_coverage_is_every_row(run: Run) -> None:
    (coverage,) = run.coverage().to_dict("records")
    assert (coverage["rows"], coverage["good"], coverage["failed"], coverage["shards"]) == (18, 12, 6, 5)


def test_failures_are_counted_by_code(run: Run) -> None:
    (failure,) = run.failures().to_dict("records")
    assert (failure["error_code"], failure["count"]) == ("ValueError", 6)
    assert failure["example_message"].startswith("ValueError: 0 is a multiple of 3 (faulty_models.py, line ")
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


def test_its_good_rows_are_verified(tmp_path: Path) -> None:
    sweep = wb.Sweep("mmc_queue", wb.product(arrival_rate=[0.5]), replicates=9, fixed={"horizon": 10.0})
    found = wb.serial(tmp_path).submit(sweep).verify(sample=5)
    assert found
    assert found.checked == 5


def test_a_run_of_this_machine_costs_nothing(run: Run) -> None:
    cost = run.cost()
    assert (cost.rows, cost.shards, cost.dollars) == (18, 5, 0.0)


def test_whoever_waits_may_ask_for_every_status(run: Run) -> None:
    seen: list[RunStatus] = []
    assert run.wait(progress=seen.append) == seen[-1] == run.status()


def test_a_run_that_is_watched_ends_as_one_that_is_waited_for(run: Run) -> None:
    assert run.watch(metric="value", x="x") == run.status()
    with pytest.raises(QueryError, match=r"metrics: no .z."):
        run.watch(metric="z")


def test_tags_are_seen_by_the_history(run: Run, root: Path) -> None:
    assert run.tag("paper", "draft") == ("draft", "paper")
    assert run.untag("draft") == run.tags() == ("paper",)
    assert wb.history(wb.serial(root), tag="paper", cost=True)[["run_id", "cost"]].to_numpy().tolist() == [
        [run.run_id, 0.0]
    ]
