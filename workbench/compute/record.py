"""The record of a shard whose worker was lost as a whole: what it left stands, every other row gets the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from workbench.compute.ending import ShardEnd
from workbench.compute.outcome import column_values, outcome_table, rows_with
from workbench.compute.results import refuse
from workbench.compute.rows import shard_rows
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from workbench.compute.ending import ShardReport
    from workbench.contract import Manifest
    from workbench.storage import Store

__all__ = ["record_failure"]


def record_failure(
    store: Store, manifest: Manifest, shard_id: int, *, generation: int, code: ErrorCode, message: str, worker: str
) -> ShardReport:
    """Leave a failure outcome for a shard that nobody will bring to its end.

    Parameters
    ----------
    store : Store
        Where it goes.
    manifest : Manifest
        Of the run.
    shard_id : int
        The shard.
    generation : int
        Of the run, to report to.
    code, message : ErrorCode, str
        Why every row that is not decided yet has no metrics.
    worker : str
        Who records it.

    Returns
    -------
    ShardReport

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    end = ShardEnd(store, manifest, shard_id)
    if report := end.found_success():
        return report
    rows = shard_rows(manifest, *manifest.plan.bounds(shard_id))
    table = end.failure()
    undecided = np.ones(len(rows), dtype=np.bool_)
    if table is not None:
        decided = column_values(table, "row_index")[~rows_with(table, ErrorCode.DEADLINE)]
        undecided = ~np.isin(rows.row_index, decided)
    if undecided.any():
        lost = rows.where(undecided)
        results = refuse(manifest.spec.metrics, len(lost), code=code, message=message)
        attempt = 1 if table is None else int(column_values(table, "attempt").max()) + 1
        table = end.leave(
            outcome_table(
                manifest.spec,
                lost,
                results,
                shard_id=shard_id,
                attempt=attempt,
                started_at=datetime.now(UTC),
                worker=worker,
            )
        )
    return end.report(table, generation=generation)
