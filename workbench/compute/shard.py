"""One shard, from its task to its outcome in a store: what the child, the serial loop and every process run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from workbench.compute.ending import ShardEnd, ShardReport
from workbench.compute.evaluate import evaluate
from workbench.compute.outcome import column_values, error_counts, outcome_table
from workbench.compute.results import Results, refuse
from workbench.compute.rows import ShardRows, shard_rows
from workbench.compute.seeding import row_keys
from workbench.compute.supervise import Limits, supervise
from workbench.contract import INFRASTRUCTURE, MAX_PASSES, ErrorCode, Manifest, Task
from workbench.contract.keys import control_key
from workbench.errors import ExperimentError
from workbench.experiments import registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from workbench.experiments import Experiment
    from workbench.storage import Store

__all__ = ["Limits", "ShardReport", "run_shard"]


def run_shard(
    store: Store,
    manifest: Manifest,
    task: Task,
    *,
    worker: str,
    experiment: Experiment[..., Any] | None = None,
    limits: Limits | None = None,
    go_on: Callable[[Task], None] | None = None,
) -> ShardReport:
    """Bring a shard to its end, or as far as the limits allow, and leave its outcome in the store.

    Rows that an earlier failure outcome holds are kept; those that are still to be evaluated are the missing ones and,
    on the first pass of a task, those whose errors the task includes.

    Parameters
    ----------
    store : Store
        Where the outcome goes.
    manifest : Manifest
        Of the run.
    task : Task
        Which shard, and what of it.
    worker : str
        A name for whoever evaluates it.
    experiment : Experiment, optional
        Found by the manifest's name where it is missing.
    limits : Limits, optional
        Evaluate in supervised processes and keep to these; without them, in this process and to the end.
    go_on : callable, optional
        Takes the task of the next pass where the deadline left rows undone.

    Returns
    -------
    ShardReport

    Raises
    ------
    StorageError
        If the outcome cannot be written.
    """
    end = ShardEnd(store, manifest, task.shard_id)
    if report := end.found_success():
        return report
    started_at = datetime.now(UTC)
    rows = shard_rows(manifest, *manifest.plan.bounds(task.shard_id))
    found = end.failure()
    pending = rows if found is None else rows.where(_pending(rows, found, task))
    if found is not None and not len(pending):
        return end.report(found, generation=task.generation)
    table = end.leave(
        outcome_table(
            manifest.spec,
            pending,
            _results(store, manifest, task, pending, experiment, limits),
            shard_id=task.shard_id,
            attempt=1 if found is None else int(column_values(found, "attempt").max()) + 1,
            started_at=started_at,
            worker=worker,
        )
    )
    unfinished = error_counts(table)[ErrorCode.DEADLINE]
    if go_on is None or not unfinished or task.passes >= MAX_PASSES:
        return end.report(table, generation=task.generation)
    go_on(msgspec.structs.replace(task, passes=task.passes + 1))
    return end.report(table, generation=task.generation, final=False)


def _pending(rows: ShardRows, table: Any, task: Task) -> NDArray[np.bool_]:
    """Return which rows this task is to evaluate, where an earlier one left some."""
    again = {ErrorCode.DEADLINE.value} if task.passes > 1 else INFRASTRUCTURE
    every = task.include == "all" and task.passes == 1
    codes = table["error_code"].to_pylist()
    kept = np.fromiter((code is None or not (every or code in again) for code in codes), np.bool_, count=len(codes))
    return ~np.isin(rows.row_index, column_values(table, "row_index")[kept])


def _results(
    store: Store,
    manifest: Manifest,
    task: Task,
    rows: ShardRows,
    experiment: Experiment[..., Any] | None,
    limits: Limits | None,
) -> Results:
    spec = manifest.spec
    tombstone = control_key(manifest.run_id, task.generation, "cancelled")
    try:
        found = experiment or registry.find(spec.name)
    except ExperimentError as error:
        return refuse(spec.metrics, len(rows), code=ErrorCode.CODE_MISMATCH, message=str(error))
    if found.spec.fingerprint != spec.fingerprint:
        message = (
            f"the run was planned for {spec.name} with fingerprint {spec.fingerprint[:12]}, "
            f"this worker has {found.spec.fingerprint[:12]}: submit the sweep again with the code that is deployed now"
        )
        return refuse(spec.metrics, len(rows), code=ErrorCode.CODE_MISMATCH, message=message)
    sweep = manifest.sweep
    keys = (
        row_keys(spec, rows.parameters, rows.replicate, seed=sweep.seed, seeding=sweep.seeding)
        if spec.uses_rng
        else None
    )
    if limits is None:
        return evaluate(found, rows, keys)
    watched = replace(limits, row_timeout_s=manifest.row_timeout_s, cancelled=lambda: store.get(tombstone) is not None)
    return supervise(found, rows, keys, watched)
