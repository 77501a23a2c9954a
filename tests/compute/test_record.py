"""The record of a lost shard keeps what it left."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dying_models
import workbench as wb
from small_runs import plan, rows_of
from workbench.compute.record import record_failure
from workbench.compute.shard import Limits, ShardReport, run_shard
from workbench.contract import ErrorCode, Manifest, Task
from workbench.contract.keys import ReportKey, report_key
from workbench.storage.memory import MemoryStore

DEEDS = "good,raises,good,exits,good"


def manifest_of(deeds: str = DEEDS) -> Manifest:
    sweep = wb.Sweep(dying_models.does, wb.product(step=range(deeds.count(",") + 1)), fixed={"deeds": deeds})
    return plan(sweep, shard_size=100)


def record(store: MemoryStore, manifest: Manifest, code: ErrorCode) -> ShardReport:
    return record_failure(store, manifest, 0, generation=3, code=code, message="lost", worker="recorder")


@pytest.mark.parametrize("code", [ErrorCode.CRASH, ErrorCode.THROTTLED])
def test_a_shard_without_any_outcome_gets_one(code: ErrorCode) -> None:
    store, manifest = MemoryStore(), manifest_of()
    assert record(store, manifest, code) == ShardReport(shard_id=0, status="failure", rows=5, failed=5)
    rows = rows_of(store, manifest)
    assert [(row["row_index"], row["step"]) for row in rows] == [(index, index) for index in range(5)]
    assert {(row["error_code"], row["error_message"], row["worker"]) for row in rows} == {(code, "lost", "recorder")}
    assert store.get(report_key(ReportKey(manifest.run_id, 3, 0, 5, 0))) == b""


def test_what_was_decided_stays() -> None:
    store, manifest = MemoryStore(), manifest_of()
    task = Task(run_id=manifest.run_id, shard_id=0)
    run_shard(store, manifest, task, worker="w", experiment=dying_models.does, limits=Limits())
    before = rows_of(store, manifest)
    record(store, manifest, ErrorCode.TIMEOUT)
    assert rows_of(store, manifest) == before
    assert [row["error_code"] for row in before] == [None, "ValueError", None, "CRASH", None]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 4))
def test_rows_that_waited_for_another_pass_get_the_reason(hanging: int) -> None:
    deeds = ["good"] * 5
    deeds[hanging] = "hangs"
    store, manifest = MemoryStore(), manifest_of(",".join(deeds))
    partial = record_failure(store, manifest, 0, generation=0, code=ErrorCode.DEADLINE, message="later", worker="child")
    assert partial.unfinished == 5
    assert record(store, manifest, ErrorCode.OOM).failed == 5
    assert {row["error_code"] for row in rows_of(store, manifest)} == {"OOM"}


def test_a_success_stays() -> None:
    store, manifest = MemoryStore(), manifest_of("good,good")
    task = Task(run_id=manifest.run_id, shard_id=0)
    run_shard(store, manifest, task, worker="w", experiment=dying_models.does)
    keys = list(store.keys(""))
    report = record(store, manifest, ErrorCode.CRASH)
    assert report == ShardReport(shard_id=0, status="success", rows=2, duplicate=True)
    assert list(store.keys("")) == keys
