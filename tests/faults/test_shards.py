"""One shard at a time, supervised here as a child supervises it: what rows do costs those rows only."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from fatal_models import ARMED, harmful, started
from full_coverage import assert_covered, counting_rows
from harmful_runs import harmful_sweep
from small_runs import plan
from workbench.compute.record import record_failure
from workbench.compute.shard import Limits, ShardReport, run_shard
from workbench.contract import MAX_PASSES, Cancellation, ErrorCode, Manifest, Task, encode
from workbench.contract.keys import control_key
from workbench.errors import StorageError
from workbench.runs.status import list_landed, run_status
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MEMORY = 512 * 2**20


def manifest_of(folder: Path, harms: Sequence[str], *, row_timeout_s: float | None = None) -> Manifest:
    """Plan rows that each do a harm while the folder is armed."""
    manifest = plan(harmful_sweep(folder, harms), shard_size=len(harms))
    return msgspec.structs.replace(manifest, row_timeout_s=row_timeout_s)


def run(
    store: Any, manifest: Manifest, *, limits: Limits | None, task: Task | None = None, **options: Any
) -> ShardReport:
    task = task or Task(run_id=manifest.run_id, shard_id=0)
    return run_shard(store, manifest, task, worker="here", experiment=harmful, limits=limits, **options)


def in_passes(store: MemoryStore, manifest: Manifest, *, seconds: float) -> list[ShardReport]:
    """Bring shard 0 to its end as children do that ask for the next pass."""
    reports, tasks = [], [Task(run_id=manifest.run_id, shard_id=0)]
    for task in tasks:
        limits = Limits(deadline=time.monotonic() + seconds)
        reports.append(run(store, manifest, limits=limits, task=task, go_on=tasks.append))
    return reports


HARMS = ["none", "raise", "none", "wrong", "exit", "none", "kill", "segfault", "none", "hang", "memory", "none"]
ERRORS = {1: "LookupError", 3: "SCHEMA", 4: "CRASH", 6: "CRASH", 7: "CRASH", 9: "TIMEOUT", 10: "OOM"}


def test_every_harm_costs_its_row_only(armed: Path) -> None:
    manifest, store = manifest_of(armed, HARMS, row_timeout_s=4), MemoryStore()
    report = run(store, manifest, limits=Limits(memory_bytes=MEMORY))
    assert (report.status, report.rows, report.failed, report.unfinished) == ("failure", len(HARMS), len(ERRORS), 0)
    messages = {row["row_index"]: row["error_message"] for row in counting_rows(store, manifest)}
    assert "nothing is known of 1" in messages[1]
    assert "'value' is str" in messages[3]
    assert "3" in messages[4]
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, ERRORS)


def test_a_resume_evaluates_what_infrastructure_failed_and_nothing_else(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["raise", "exit", "none", "wrong", "kill"]), MemoryStore()
    run(store, manifest, limits=Limits())
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {0: "LookupError", 1: "CRASH", 3: "SCHEMA", 4: "CRASH"})
    store.put(control_key(manifest.run_id, 1, "resumed"), b"{}")
    assert run_status(manifest, list_landed(store, manifest)).state == "RUNNING"
    task = Task(run_id=manifest.run_id, shard_id=0, generation=1)
    run(store, manifest, limits=Limits(), task=task)
    assert_covered(store, manifest, harmful, {0: "LookupError", 3: "SCHEMA"})
    run(store, manifest, limits=Limits(), task=msgspec.structs.replace(task, include="all"))
    assert_covered(store, manifest, harmful)


def test_a_row_that_hangs_through_a_whole_pass_is_given_up(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "none", "hang", "none", "none"]), MemoryStore()
    reports = in_passes(store, manifest, seconds=1)
    assert [report.unfinished for report in reports] == [3, 2, 0]
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {2: "TIMEOUT"})


def test_a_slow_shard_ends_after_many_passes(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["slow"] * 5), MemoryStore()
    reports = in_passes(store, manifest, seconds=1.6)  # a row takes 1 s
    assert len(reports) == 5
    assert [report.status for report in reports] == ["failure"] * 4 + ["success"]
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful)


def test_passes_are_capped_and_what_is_left_is_told(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "hang", "hang"]), MemoryStore()
    asked: list[Task] = []
    task = Task(run_id=manifest.run_id, shard_id=0, passes=MAX_PASSES)
    report = run(store, manifest, limits=Limits(deadline=time.monotonic() + 0.5), task=task, go_on=asked.append)
    assert (report.unfinished, asked) == (2, [])
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "DEADLINE", 2: "DEADLINE"})


def test_three_deliveries_at_once_leave_one_success(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "tell", "none"]), MemoryStore()
    reports: list[ShardReport] = []
    meeting = Meeting(store, parties=3)
    deliveries = [
        threading.Thread(target=lambda: reports.append(run(meeting, manifest, limits=None))) for _ in range(3)
    ]
    for delivery in deliveries:
        delivery.start()
    for delivery in deliveries:
        delivery.join()
    assert [report.status for report in reports] == ["success"] * 3
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful)


class Meeting:
    """A store in which nobody writes before all parties have something to write."""

    def __init__(self, store: MemoryStore, *, parties: int) -> None:
        self._barrier = threading.Barrier(parties, timeout=60)
        self._store = store
        self.get, self.read, self.keys = store.get, store.read, store.keys

    def put(self, key: str, data: bytes, **conditions: Any) -> bool:
        self._barrier.wait()
        return self._store.put(key, data, **conditions)


@pytest.mark.parametrize("harm", ["none", "raise"])
def test_a_worker_lost_between_finishing_and_writing(armed: Path, harm: str) -> None:
    manifest, store = manifest_of(armed, ["none", harm, "none"]), MemoryStore()
    with pytest.raises(StorageError, match="gone"):
        run(Gone(store), manifest, limits=Limits())
    assert run_status(manifest, list_landed(store, manifest)).shards.missing == 1
    run(store, manifest, limits=Limits())
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "LookupError"} if harm == "raise" else {})


class Gone:
    """A store that is read from, and gone when something is to be written."""

    def __init__(self, store: MemoryStore) -> None:
        self.get, self.read, self.keys = store.get, store.read, store.keys

    def put(self, key: str, data: bytes, **conditions: Any) -> bool:
        raise StorageError(f"gone before {key} came: {len(data)} bytes, {conditions}")


def test_a_worker_lost_between_outcome_and_report(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "raise"]), MemoryStore()

    class Unreported(Gone):
        def put(self, key: str, data: bytes, **conditions: Any) -> bool:
            return super().put(key, data) if key.startswith("reports/") else store.put(key, data, **conditions)

    with pytest.raises(StorageError, match="gone"):
        run(Unreported(store), manifest, limits=Limits())
    status = run_status(manifest, list_landed(store, manifest))
    assert (status.state, status.unfinished) == ("RUNNING", 1)
    run(store, manifest, limits=Limits())
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "LookupError"})


def test_the_loss_of_a_worker_is_recorded_around_what_it_left(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "raise", "hang", "none"]), MemoryStore()
    run(store, manifest, limits=Limits(deadline=time.monotonic() + 1), go_on=lambda _: None)
    assert run_status(manifest, list_landed(store, manifest)).state == "RUNNING"
    lost: dict[str, Any] = {"generation": 0, "code": ErrorCode.CRASH, "message": "lost", "worker": "recorder"}
    for _ in range(2):  # a record is delivered twice, too
        record_failure(store, manifest, 0, **lost)
        assert run_status(manifest, list_landed(store, manifest)).state == "FAILED"
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "LookupError", 2: "CRASH", 3: "CRASH"})


def test_a_cancelled_shard_stops_and_a_resume_completes_it(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["none", "gate", "none"]), MemoryStore()
    cancelled = control_key(manifest.run_id, 0, "cancelled")

    class Cancelled(MemoryStore):
        def get(self, key: str) -> bytes | None:
            if key == cancelled:
                return encode(Cancellation(by="tester", at="now")) if started(armed) else None
            return store.get(key)

        put, read = store.put, store.read

    report = run(Cancelled(), manifest, limits=Limits())
    assert (report.failed, report.cancelled) == (0, 2)
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "CANCELLED", 2: "CANCELLED"})
    store.put(control_key(manifest.run_id, 1, "resumed"), b"{}")
    run(store, manifest, limits=Limits(), task=Task(run_id=manifest.run_id, shard_id=0, generation=1))
    assert_covered(store, manifest, harmful)


def test_other_code_than_the_manifests_evaluates_nothing(armed: Path) -> None:
    manifest, store = manifest_of(armed, ["tell", "tell"]), MemoryStore()
    other = msgspec.structs.replace(manifest.spec, fingerprint="0" * 64)
    run(store, msgspec.structs.replace(manifest, spec=other), limits=Limits())
    assert not started(armed)
    assert_covered(store, manifest, harmful, {0: "CODE_MISMATCH", 1: "CODE_MISMATCH"})
