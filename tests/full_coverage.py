"""The promise as one assertion: every row of a run counts once, good rows hold what a serial evaluation gives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from small_runs import bits
from workbench.compute.outcome import decode_outcome
from workbench.compute.rows import shard_rows
from workbench.compute.shard import run_shard
from workbench.contract import Manifest, Task
from workbench.contract.keys import outcomes_prefix, parse_outcome_key
from workbench.runs.status import list_landed, run_status
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.experiments import Experiment
    from workbench.runs.run import Run
    from workbench.storage import Store

__all__ = ["assert_answers", "assert_covered", "counting_rows"]


def assert_covered(
    store: Store, manifest: Manifest, experiment: Experiment[..., Any], errors: Mapping[int, str] | None = None
) -> None:
    """Assert that a run has ended with every row once, good ones right, and the others for the expected reasons.

    The experiment must do no harm any more: every row is evaluated again, here.
    """
    errors = errors or {}
    rows = counting_rows(store, manifest)
    assert {row["row_index"]: row["error_code"] for row in rows if row["error_code"] is not None} == dict(errors)
    assert [row["row_index"] for row in rows] == list(range(manifest.n_rows))
    for shard_id in range(manifest.n_shards):
        planned = shard_rows(manifest, *manifest.plan.bounds(shard_id)).row_index.tolist()
        assert [row["row_index"] for row in rows if row["shard_id"] == shard_id] == planned
    good = [row for row in rows if row["error_code"] is None]
    serial = [row for row in serial_rows(manifest, experiment) if row["row_index"] not in errors]
    assert bits(good, manifest) == bits(serial, manifest)
    metrics = [metric.name for metric in manifest.spec.metrics]
    for row in rows:
        if row["error_code"] is not None:
            assert [row[name] for name in metrics] == [None] * len(metrics)
            assert row["error_message"]
    assert_counted(store, manifest, errors)


def counting_rows(store: Store, manifest: Manifest) -> list[dict[str, Any]]:
    """Records of every success, and of the failures of shards without one; sorted by row."""
    outcomes: dict[int, dict[str, str]] = {}
    for key in store.keys(outcomes_prefix(manifest.spec.name, manifest.run_id)):
        parsed = parse_outcome_key(key)
        assert parsed is not None, key
        outcomes.setdefault(parsed.shard_id, {})[parsed.status] = key
    rows: list[dict[str, Any]] = []
    for found in outcomes.values():
        key = found.get("success") or found["failure"]
        rows += decode_outcome(store.get(key) or b"", manifest.spec, source=key).to_pylist()
    return sorted(rows, key=lambda row: row["row_index"])


def serial_rows(manifest: Manifest, experiment: Experiment[..., Any]) -> list[dict[str, Any]]:
    """The rows of a run as one process evaluates them, one after the other."""
    store = MemoryStore()
    for shard_id in range(manifest.n_shards):
        run_shard(store, manifest, Task(run_id=manifest.run_id, shard_id=shard_id), worker="s", experiment=experiment)
    rows = counting_rows(store, manifest)
    assert len(rows) == manifest.n_rows
    return rows


def assert_counted(store: Store, manifest: Manifest, errors: Mapping[int, str]) -> None:
    """Assert that the listings alone tell the same counts."""
    status = run_status(manifest, list_landed(store, manifest))
    shards = [
        {errors.get(index) for index in shard_rows(manifest, *manifest.plan.bounds(shard_id)).row_index.tolist()}
        for shard_id in range(manifest.n_shards)
    ]
    cancelled = sum(code == "CANCELLED" for code in errors.values())
    rows = status.rows
    assert (rows.expected, rows.missing) == (manifest.n_rows, 0)
    assert (rows.failed, rows.cancelled) == (len(errors) - cancelled, cancelled)
    assert rows.succeeded == manifest.n_rows - len(errors)
    assert (status.shards.expected, status.shards.missing) == (manifest.n_shards, 0)
    assert status.shards.succeeded == sum(codes == {None} for codes in shards)
    assert status.shards.cancelled == sum("CANCELLED" in codes for codes in shards)
    assert status.shards.succeeded + status.shards.failed + status.shards.cancelled == manifest.n_shards
    assert status.state == ("ABORTED" if cancelled else "FAILED" if errors else "SUCCEEDED")


def assert_answers(run: Run, errors: Mapping[int, str] | None = None) -> None:
    """Assert that a run's own answers, by SQL, tell the same counts."""
    errors = errors or {}
    manifest = run.manifest
    counts = run.coverage().iloc[0]
    assert (counts["rows"], counts["failed"], counts["shards"]) == (manifest.n_rows, len(errors), manifest.n_shards)
    assert counts["good"] == manifest.n_rows - len(errors)
    failures = run.failures()
    assert dict(zip(failures["error_code"], failures["count"], strict=True)) == Counter(errors.values())
