"""What a child reports of a shard to CloudWatch: rows, how fast they came, and why some of them are not good."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from lambdas.telemetry import Metric, emit
from workbench.compute.outcome import decode_outcome, error_counts
from workbench.contract import MAX_PASSES, ErrorCode
from workbench.contract.keys import outcome_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.compute.shard import ShardReport
    from workbench.contract import Manifest, Task
    from workbench.storage import Store

__all__ = ["OF_THE_EXPERIMENT", "failed_rows", "measure"]

# The names of a user's exceptions are without bound, and CloudWatch bills every value of a dimension.
OF_THE_EXPERIMENT: Final = "EXPERIMENT"


def measure(task: Task, report: ShardReport, *, seconds: float, failed: Mapping[str, int]) -> None:
    """Emit the metrics of one delivery of a task.

    Rows are counted where their shard ends, so that their sum over a run is the rows of the run.

    Parameters
    ----------
    task : Task
        What was delivered.
    report : ShardReport
        What became of it.
    seconds : float
        How long that took.
    failed : mapping
        Rows that are not good, by code; looked at where the shard has ended.
    """
    ended = not report.unfinished or task.passes >= MAX_PASSES
    told = partial(emit, run_id=task.run_id, shard_id=task.shard_id, generation=task.generation)
    values = {Metric.DUPLICATE_DELIVERIES: float(report.duplicate)}
    if ended and not report.duplicate:
        values[Metric.ROWS] = report.rows
        if task.passes == 1 and task.generation == 0:
            # Of a shard that others have begun, nobody says how many rows were left for this delivery.
            values[Metric.ROWS_PER_SECOND] = report.rows / max(seconds, 1e-3)
        for code, rows in failed.items():
            told({Metric.FAILED_ROWS: rows}, code=code)
    told(values)


def failed_rows(store: Store, manifest: Manifest, report: ShardReport) -> dict[str, int]:
    """Count the rows of a shard that are not good, by the code of the infrastructure or as the experiment's own.

    Parameters
    ----------
    store : Store
        Where the outcome lies; it is only read where the report has such rows.
    manifest : Manifest
        Of the run.
    report : ShardReport
        Of the shard.

    Returns
    -------
    dict
        Rows by code.
    """
    if report.status == "success":
        return {}
    key = outcome_key(manifest.spec.name, manifest.run_id, "failure", report.shard_id)
    found = store.get(key)
    if found is None:
        return {}
    counts: Counter[str] = Counter()
    for code, rows in error_counts(decode_outcome(found, manifest.spec, source=key)).items():
        counts[code if code in set(ErrorCode) else OF_THE_EXPERIMENT] += rows
    return dict(counts)
