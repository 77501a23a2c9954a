"""A shard leaves one outcome with all of its rows, whatever became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

import faulty_models
import workbench as wb
from small_runs import plan, rows_of
from workbench.compute.outcome import decode_outcome
from workbench.compute.shard import ShardReport, run_shard
from workbench.contract.keys import outcome_key
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.contract import Manifest, Status

SWEEP = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(10)), replicates=2)


def key(manifest: Manifest, status: Status, shard_id: int = 0) -> str:
    return outcome_key(manifest.spec.name, manifest.run_id, status, shard_id)


def run(store: MemoryStore, manifest: Manifest, shard_id: int = 0) -> ShardReport:
    return run_shard(store, manifest, shard_id, worker="here", experiment=faulty_models.sometimes_raises)


def test_rows_that_fail_leave_the_others_good() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    assert run(store, manifest) == ShardReport(0, "failure", 20, 8)
    assert list(store.keys("")) == [key(manifest, "failure")]
    for row in rows_of(store, manifest):
        if row["x"] % 3 == 0:
            assert (row["value"], row["error_code"]) == (None, "ValueError")
            assert row["error_message"] == f"ValueError: {row['x']} is a multiple of 3"
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


def test_the_attempt_is_written_down() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    run_shard(store, manifest, 0, worker="w", experiment=faulty_models.sometimes_raises, attempt=3)
    assert {(row["attempt"], row["worker"], row["shard_id"]) for row in rows_of(store, manifest)} == {(3, "w", 0)}


def good_shard() -> Manifest:
    return plan(wb.Sweep(faulty_models.sometimes_raises, wb.product(x=[1, 2])), shard_size=2)


def test_a_success_is_found_and_never_overwritten() -> None:
    manifest, store = good_shard(), MemoryStore()
    assert run(store, manifest) == ShardReport(0, "success", 2, 0)
    before = store.get(key(manifest, "success"))
    again = run_shard(store, manifest, 0, worker="other", experiment=faulty_models.sometimes_raises)
    assert again == ShardReport(0, "success", 2, 0, duplicate=True)
    assert store.get(key(manifest, "success")) == before


class BlindStore(MemoryStore):
    """Lists nothing: another delivery's success lands between the look and the write."""

    def keys(self, prefix: str) -> Iterator[str]:  # noqa: ARG002 -- as the port has it
        return iter(())


def test_a_success_that_landed_meanwhile_stays() -> None:
    manifest, store = good_shard(), BlindStore()
    store.put(key(manifest, "success"), b"first")
    assert run(store, manifest) == ShardReport(0, "success", 2, 0, duplicate=True)
    assert store.get(key(manifest, "success")) == b"first"


def test_a_failure_is_replaced_by_the_next_attempt() -> None:
    manifest, store = plan(SWEEP, shard_size=20), MemoryStore()
    store.put(key(manifest, "failure"), b"first")
    run(store, manifest)
    assert len(rows_of(store, manifest)) == 20


def test_other_code_is_refused() -> None:
    manifest, store = good_shard(), MemoryStore()
    spec = msgspec.structs.replace(manifest.spec, fingerprint="0" * 32)
    report = run(store, msgspec.structs.replace(manifest, spec=spec))
    assert report == ShardReport(0, "failure", 2, 2)
    for row in rows_of(store, manifest):
        assert (row["error_code"], row["value"], row["fingerprint"]) == ("CODE_MISMATCH", None, "0" * 32)
        assert faulty_models.sometimes_raises.spec.fingerprint[:12] in row["error_message"]
        assert "submit the sweep again" in row["error_message"]


def test_an_experiment_that_is_not_there_is_refused() -> None:
    manifest, store = good_shard(), MemoryStore()
    assert run_shard(store, manifest, 0, worker="here").failed == 2
    rows = rows_of(store, manifest)
    assert {row["error_code"] for row in rows} == {"CODE_MISMATCH"}
    assert "no experiment is named 'sometimes_raises'" in rows[0]["error_message"]
    assert "WORKBENCH_EXPERIMENTS" in rows[0]["error_message"]


def test_an_experiment_is_found_by_its_name() -> None:
    manifest = plan(wb.Sweep("mmc_queue", wb.product(arrival_rate=[0.5]), fixed={"horizon": 10}), shard_size=1)
    assert run_shard(MemoryStore(), manifest, 0, worker="here") == ShardReport(0, "success", 1, 0)
