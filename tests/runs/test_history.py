"""The history lists every run with what its manifest and keys say, and asks no more than the filters need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from msgspec.structs import replace

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.analysis.cost import Cost
from workbench.analysis.prices import Charges
from workbench.analysis.usage import Usage
from workbench.contract import encode
from workbench.contract.keys import (
    ReportKey,
    manifest_key,
    outcome_key,
    report_key,
    run_id_of_manifest,
)
from workbench.errors import QueryError
from workbench.runs.history import history
from workbench.runs.status import list_landed, run_status
from workbench.runs.tags import read_tags, tag
from workbench.storage.manifest import read_manifest
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from workbench.contract import Manifest
    from workbench.runs.status import RunStatus


@dataclass
class RecordedRun:
    manifest: Manifest
    shelf: Shelf

    def tags(self) -> tuple[str, ...]:
        self.shelf.asked.append(f"tags {self.manifest.run_id}")
        return read_tags(self.shelf.store, self.manifest.run_id)

    def status(self) -> RunStatus:
        self.shelf.asked.append(f"status {self.manifest.run_id}")
        return run_status(self.manifest, list_landed(self.shelf.store, self.manifest))

    def cost(self) -> Cost:
        charges = Charges(compute=self.manifest.n_rows / 100)
        return Cost(rows=0, shards=0, invocations=0, environments=0, row_seconds=0.0, usage=Usage(), charges=charges)


@dataclass
class Shelf:
    """A back end that only keeps runs, and what it was asked."""

    store: MemoryStore = field(default_factory=MemoryStore)
    asked: list[str] = field(default_factory=list)

    def run_ids(self) -> list[str]:
        return [run_id_of_manifest(key) for key in self.store.keys("manifests/")]

    def open(self, run_id: str) -> RecordedRun:
        self.asked.append(f"open {run_id}")
        return RecordedRun(read_manifest(self.store, run_id), self)

    def add(self, experiment: Any, name: str, created_at: str, *, landed: int = 0, failed: int = 0, **axes: Any) -> str:
        """Keep a run of which some shards have landed, the last of them with failed rows."""
        planned = plan(wb.Sweep(experiment, wb.product(**axes)), shard_size=2)
        manifest = replace(planned, run_id=f"{planned.spec.name}-{name}", created_at=created_at, created_by=name)
        self.store.put(manifest_key(manifest.run_id), encode(manifest))
        for shard_id in range(landed):
            bad = failed and shard_id == landed - 1
            status: Any = "failure" if bad else "success"
            self.store.put(outcome_key(planned.spec.name, manifest.run_id, status, shard_id), b"")
            if bad:
                self.store.put(report_key(ReportKey(manifest.run_id, 0, shard_id, failed, 0)), b"")
        return manifest.run_id


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.add(faulty_models.noise, "old", "2026-01-01T00:00:00+00:00", landed=3, a=range(6))
    shelf.add(faulty_models.noise, "new", "2026-03-01T12:00:00+00:00", landed=1, a=range(6))
    shelf.add(faulty_models.mixed, "mid", "2026-02-01T00:00:00Z", landed=2, failed=2, x=range(4))
    tag(shelf.store, "noise-old", "paper", "final")
    return shelf


def names(frame: pd.DataFrame) -> list[str]:
    return [str(run_id) for run_id in frame["run_id"]]


def test_every_run_with_what_is_known_of_it(shelf: Shelf) -> None:
    frame = history(shelf)
    assert names(frame) == ["noise-new", "mixed-mid", "noise-old"]
    assert list(frame.columns) == [
        *("run_id", "created_at", "created_by", "experiment", "rows", "shards", "state", "failed", "cost"),
        *("fingerprint", "tags"),
    ]
    assert frame["state"].tolist() == ["RUNNING", "FAILED", "SUCCEEDED"]
    assert frame["failed"].tolist() == [0, 2, 0]
    assert (frame["rows"].tolist(), frame["shards"].tolist()) == ([6, 4, 6], [3, 2, 3])
    assert frame["tags"].tolist() == [(), (), ("final", "paper")]
    assert frame["created_by"].tolist() == ["new", "mid", "old"]
    assert frame["fingerprint"].tolist()[1] == faulty_models.mixed.spec.fingerprint
    assert frame["cost"].isna().all()
    assert frame["created_at"].tolist()[1] == pd.Timestamp("2026-02-01", tz="UTC")


def test_an_empty_history_has_the_same_columns(shelf: Shelf) -> None:
    none, some = history(Shelf()), history(shelf)
    assert none.empty
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert str(none["created_at"].dtype) == "datetime64[us, UTC]"
    pd.testing.assert_frame_equal(history(shelf, experiment="unknown"), none)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"experiment": "noise"}, ["noise-new", "noise-old"]),
        ({"experiment": "nois"}, []),
        ({"state": "FAILED"}, ["mixed-mid"]),
        ({"state": "ABORTED"}, []),
        ({"since": "2026-02-01"}, ["noise-new", "mixed-mid"]),
        ({"since": datetime(2026, 3, 1, 12, tzinfo=UTC)}, ["noise-new"]),
        ({"since": datetime(2026, 3, 1, 13, 30, tzinfo=timezone(timedelta(hours=1)))}, []),
        ({"since": datetime(2026, 3, 1, 12)}, ["noise-new"]),  # noqa: DTZ001 -- UTC where no zone is named
        ({"tag": "paper"}, ["noise-old"]),
        ({"tag": "pape"}, []),
        ({"tag": "final", "state": "SUCCEEDED", "experiment": "noise", "since": "2025-12-31"}, ["noise-old"]),
    ],
)
def test_filters(shelf: Shelf, filters: dict[str, Any], expected: list[str]) -> None:
    assert names(history(shelf, **filters)) == expected


def test_no_more_is_asked_than_is_needed(shelf: Shelf) -> None:
    history(shelf, experiment="noise", since="2026-02-01")
    assert sorted(shelf.asked) == ["open noise-new", "open noise-old", "status noise-new", "tags noise-new"]
    shelf.asked.clear()
    history(shelf, tag="paper")
    assert [asked for asked in shelf.asked if asked.startswith("status")] == ["status noise-old"]


def test_the_cost_is_asked_of_the_runs_that_are_listed(shelf: Shelf) -> None:
    frame = history(shelf, experiment="noise", cost=True)
    assert frame["cost"].tolist() == [0.06, 0.06]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"state": "DONE"}, "state: no 'DONE'; states: RUNNING, SUCCEEDED, FAILED, ABORTED"),
        ({"since": "yesterdayish"}, "since: 'yesterdayish' is no time"),
    ],
)
def test_filters_that_cannot_be(shelf: Shelf, filters: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        history(shelf, **filters)
    assert shelf.asked == []


def test_a_manifest_that_cannot_be_read_leaves_the_others(shelf: Shelf) -> None:
    shelf.store.put(manifest_key("noise-torn"), b"{")
    with pytest.warns(UserWarning, match="noise-torn is left out of the history: manifests/noise-torn.json is not"):
        assert len(history(shelf)) == 3
