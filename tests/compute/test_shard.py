"""A shard leaves one outcome with all of its rows, whatever became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

import faulty_models
import workbench as wb
from small_runs import plan, rows_of
from workbench.compute.outcome import decode_outcome
from workbench.compute.record import record_failure
from workbench.compute.shard import Limits, ShardReport, run_shard
from workbench.contract import ErrorCode, Task
from workbench.contract.keys import ReportKey, outcome_key, parse_report_key, report_key
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from workbench.contract import Manifest, Status

SWEEP = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(10)), replicates=2)


def key(manifest: Manifest, status: Status, shard_id: int = 0) -> str:
    return outcome_key(manifest.spec.name, manifest.run_id, status, shard_id)


def run(store: MemoryStore, manifest: Manifest, shard_id: int = 0, **task: Any) -> ShardReport:
    wanted = Task(run_id=manifest.run_id, shard_id=shard_id, **task)
    return run_shard(store, manifest, wanted, worker="here", experiment=faulty_models.sometimes_raises)


def ended(status: Status, rows: int, **counts: Any) -> ShardReport:
    return ShardReport(shard_id=0, status=status, rows=rows, **counts)


def test_rows_that_fail_leave_the_others_good() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    assert run(store, manifest) == ended("failure", 20, failed=8)
    report = report_key(ReportKey(manifest.run_id, 0, 0, failed=8, cancelled=0))
    assert list(store.keys("")) == [key(manifest, "failure"), report]
    for row in rows_of(store, manifest):
        if row["x"] % 3 == 0:
            assert (row["value"], row["error_code"]) == (None, "ValueError")
            assert row["error_message"].startswith(f"ValueError: {row['x']} is a multiple of 3 (")
        else:
            assert row["x"] <= row["value"] < row["x"] + 1
            assert row["error_code"] is None


def test_all_rows_are_reported_once() -> None:
    manifest, store = plan(SWEEP, shard_size=6), MemoryStore()
    reports = [run(store, manifest, shard_id) for shard_id in range(manifest.n_shards)]
    rows = rows_of(store, manifest)
    assert [row["row_index"] for row in rows] == list(range(20))
    assert [(row["replicate"], row["point_index"]) for row in rows] == [divmod(index, 10) for index in range(20)]
    assert all(row["x"] == row["point_index"] for row in rows)
    assert sum(report.rows for report in reports) == 20
    assert sum(report.failed for report in reports) == sum(row["error_code"] is not None for row in rows) == 8


def test_the_rows_of_an_outcome_are_sorted() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    run(store, manifest)
    name = key(manifest, "failure")
    table = decode_outcome(store.get(name) or b"", manifest.spec, source=name)
    assert table["row_index"].to_pylist() == list(range(20))


def test_the_attempts_are_counted_and_good_rows_keep_theirs() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    run(store, manifest)
    run(store, manifest, include="all", generation=1)
    attempts = {(row["error_code"], row["attempt"]) for row in rows_of(store, manifest)}
    assert attempts == {(None, 1), ("ValueError", 2)}


def good_shard() -> Manifest:
    return plan(wb.Sweep(faulty_models.sometimes_raises, wb.product(x=[1, 2])), shard_size=2)


def test_a_success_is_found_and_never_overwritten() -> None:
    manifest, store = good_shard(), MemoryStore()
    assert run(store, manifest) == ended("success", 2)
    before = store.get(key(manifest, "success"))
    assert run(store, manifest) == ended("success", 2, duplicate=True)
    assert store.get(key(manifest, "success")) == before


class LateStore(MemoryStore):
    """Shows no success at the first look: another delivery's lands between the look and the write."""

    def __init__(self) -> None:
        super().__init__()
        self._looked = False

    def get(self, key: str) -> bytes | None:
        if "status=success" in key and not self._looked:
            self._looked = True
            return None
        return super().get(key)


def test_a_success_that_landed_meanwhile_stays() -> None:
    manifest, store = good_shard(), LateStore()
    store.put(key(manifest, "success"), b"first")
    assert run(store, manifest) == ended("success", 2, duplicate=True)
    assert store.get(key(manifest, "success")) == b"first"


def test_an_outcome_that_cannot_be_read_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    store.put(key(manifest, "failure"), b"garbage")
    run(store, manifest)
    assert len(rows_of(store, manifest)) == 20
    assert "is not a readable Parquet file" in caplog.text


def test_errors_of_the_experiment_are_evaluated_again_only_when_asked() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    run(store, manifest)
    before = store.get(key(manifest, "failure"))
    assert run(store, manifest, generation=1) == ended("failure", 20, failed=8)
    assert store.get(key(manifest, "failure")) == before
    reports = [parse_report_key(name) for name in store.keys("reports/")]
    assert reports == [ReportKey(manifest.run_id, generation, 0, 8, 0) for generation in (0, 1)]


class RacingStore(MemoryStore):
    """Another worker's outcome lands while ours is about to be written."""

    def __init__(self, other: Callable[[], None]) -> None:
        super().__init__()
        self._other: Callable[[], None] | None = other

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
        if "status=failure" in key and self._other:
            other, self._other = self._other, None
            other()
        return super().put(key, data, if_absent=if_absent, if_version=if_version)


def test_two_workers_lose_no_good_row_of_each_other(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    sweep = wb.Sweep(faulty_models.dies_while, wb.product(x=range(6)), fixed={"flag": str(flag)})
    manifest = plan(sweep, shard_size=6)
    task = Task(run_id=manifest.run_id, shard_id=0)

    def other_worker() -> None:
        lost = ErrorCode.THROTTLED
        record_failure(store, manifest, 0, generation=0, code=lost, message="never ran", worker="recorder")

    store = RacingStore(other_worker)
    report = run_shard(store, manifest, task, worker="here", experiment=faulty_models.dies_while, limits=Limits())
    assert report == ended("failure", 6, failed=1)
    assert [row["error_code"] for row in rows_of(store, manifest)] == [None] * 3 + ["THROTTLED"] + [None] * 2

    flag.unlink()
    again = run_shard(store, manifest, task, worker="here", experiment=faulty_models.dies_while, limits=Limits())
    assert again == ended("success", 6)


def test_other_code_is_refused() -> None:
    manifest, store = good_shard(), MemoryStore()
    spec = msgspec.structs.replace(manifest.spec, fingerprint="0" * 32)
    report = run(store, msgspec.structs.replace(manifest, spec=spec))
    assert report == ended("failure", 2, failed=2)
    for row in rows_of(store, manifest):
        assert (row["error_code"], row["value"], row["fingerprint"]) == ("CODE_MISMATCH", None, "0" * 32)
        assert faulty_models.sometimes_raises.spec.fingerprint[:12] in row["error_message"]
        assert "submit the sweep again" in row["error_message"]


def test_an_experiment_that_is_not_there_is_refused() -> None:
    manifest, store = good_shard(), MemoryStore()
    task = Task(run_id=manifest.run_id, shard_id=0)
    assert run_shard(store, manifest, task, worker="here").failed == 2
    rows = rows_of(store, manifest)
    assert {row["error_code"] for row in rows} == {"CODE_MISMATCH"}
    assert "no experiment is named 'sometimes_raises'" in rows[0]["error_message"]
    assert "WORKBENCH_EXPERIMENTS" in rows[0]["error_message"]


def test_an_experiment_is_found_by_its_name() -> None:
    manifest = plan(wb.Sweep("mmc_queue", wb.product(arrival_rate=[0.5]), fixed={"horizon": 10}), shard_size=1)
    task = Task(run_id=manifest.run_id, shard_id=0)
    assert run_shard(MemoryStore(), manifest, task, worker="here") == ended("success", 1)
