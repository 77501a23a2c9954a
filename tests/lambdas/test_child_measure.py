"""What a child tells of its shards adds up over a run, whatever was delivered twice or in several passes."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import faulty_models
import workbench as wb
from lambdas.child.measure import OF_THE_EXPERIMENT, failed_rows, measure
from small_runs import plan
from workbench.compute.record import record_failure
from workbench.compute.shard import ShardReport, run_shard
from workbench.contract import MAX_PASSES, ErrorCode, Task
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    import pytest

TASK = Task(run_id="r", shard_id=3)


def told(capsys: pytest.CaptureFixture[str], task: Task, codes: dict[str, int], **report: Any) -> list[dict[str, Any]]:
    whole = ShardReport(**{"shard_id": 3, "status": "success", "rows": 10} | report)
    measure(task, whole, seconds=2.0, failed=codes)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert (line["run_id"], line["shard_id"], line["generation"]) == ("r", 3, task.generation)
    return lines


def test_a_shard_that_ended_is_counted_with_its_speed(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, TASK, {})
    assert (line["Rows"], line["RowsPerSecond"], line["DuplicateDeliveries"]) == (10, 5.0, 0)


def test_a_duplicate_is_counted_and_its_rows_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, TASK, {}, duplicate=True)
    assert line["DuplicateDeliveries"] == 1
    assert not {"Rows", "RowsPerSecond"} & line.keys()


def test_rows_are_counted_by_the_pass_that_ends_the_shard(capsys: pytest.CaptureFixture[str]) -> None:
    open_end = {"status": "failure", "unfinished": 4}
    (begun,) = told(capsys, TASK, {"DEADLINE": 4}, **open_end)
    assert not {"Rows", "RowsPerSecond"} & begun.keys()
    (ended,) = told(capsys, Task(run_id="r", shard_id=3, passes=2), {})
    assert ended["Rows"] == 10
    # How many of them this pass evaluated is not known.
    assert "RowsPerSecond" not in ended
    lost, last = told(capsys, Task(run_id="r", shard_id=3, passes=MAX_PASSES), {"DEADLINE": 4}, **open_end)
    assert (lost["code"], lost["FailedRows"], last["Rows"]) == ("DEADLINE", 4, 10)


def test_a_resumed_shard_has_no_speed(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, Task(run_id="r", shard_id=3, generation=1), {})
    assert line["Rows"] == 10
    assert "RowsPerSecond" not in line


def test_rows_that_are_not_good_are_counted_by_code(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, TASK, {"CRASH": 1, OF_THE_EXPERIMENT: 2}, status="failure", failed=3)
    counted = {line["code"]: line["FailedRows"] for line in lines if "FailedRows" in line}
    assert counted == {"CRASH": 1, OF_THE_EXPERIMENT: 2}
    for line in lines[:-1]:
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["code"]]
    assert lines[-1]["Rows"] == 10


def test_what_experiments_raise_is_one_code() -> None:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(10)), replicates=2)
    manifest, store = plan(sweep, shard_size=10), MemoryStore()
    found: Counter[str] = Counter()
    for shard_id in range(manifest.n_shards):
        task = Task(run_id=manifest.run_id, shard_id=shard_id)
        report = run_shard(store, manifest, task, worker="here", experiment=faulty_models.sometimes_raises)
        found.update(failed_rows(store, manifest, report))
    assert found == {OF_THE_EXPERIMENT: 8}


def test_codes_of_the_infrastructure_are_kept() -> None:
    manifest, store = plan(wb.Sweep(faulty_models.mixed, wb.product(x=[1, 2, 3])), shard_size=3), MemoryStore()
    report = record_failure(store, manifest, 0, generation=0, code=ErrorCode.OOM, message="no room", worker="here")
    assert failed_rows(store, manifest, report) == {"OOM": 3}


def test_an_outcome_is_not_read_where_all_rows_are_good() -> None:
    manifest = plan(wb.Sweep(faulty_models.mixed, wb.product(x=[1])), shard_size=1)
    good = ShardReport(shard_id=0, status="success", rows=1)
    assert failed_rows(MemoryStore(), manifest, good) == {}


def test_an_outcome_that_is_gone_is_no_trouble() -> None:
    manifest = plan(wb.Sweep(faulty_models.mixed, wb.product(x=[1])), shard_size=1)
    bad = ShardReport(shard_id=0, status="failure", rows=1, failed=1)
    assert failed_rows(MemoryStore(), manifest, bad) == {}
