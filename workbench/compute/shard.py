"""One shard, from its task to its outcome in a store: what the child, the serial loop and every process run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.compute.evaluate import Results, evaluate, refuse
from workbench.compute.outcome import encode_outcome, outcome_table
from workbench.compute.rows import ShardRows, shard_rows
from workbench.compute.seeding import row_keys
from workbench.contract import ErrorCode, Manifest, Status
from workbench.contract.keys import outcome_key
from workbench.errors import ExperimentError
from workbench.experiments import registry

if TYPE_CHECKING:
    from typing import Any

    from workbench.experiments import Experiment
    from workbench.storage import Store

__all__ = ["ShardReport", "run_shard"]


@dataclass(frozen=True)
class ShardReport:
    """What became of a shard.

    Parameters
    ----------
    shard_id : int
        Which one.
    status : {'success', 'failure'}
        Of its outcome.
    rows, failed : int
        Rows of the shard, and those without metrics.
    duplicate : bool
        Whether a success was there already, and nothing was written.
    """

    shard_id: int
    status: Status
    rows: int
    failed: int
    duplicate: bool = False


def run_shard(
    store: Store,
    manifest: Manifest,
    shard_id: int,
    *,
    worker: str,
    experiment: Experiment[..., Any] | None = None,
    attempt: int = 1,
) -> ShardReport:
    """Evaluate a shard and leave its outcome in the store.

    Parameters
    ----------
    store : Store
        Where the outcome goes.
    manifest : Manifest
        Of the run.
    shard_id : int
        Which shard.
    worker : str
        A name for whoever evaluates it.
    experiment : Experiment, optional
        Found by the manifest's name where it is missing.
    attempt : int
        Which delivery of the task this is.

    Returns
    -------
    ShardReport

    Raises
    ------
    StorageError
        If the outcome cannot be written.
    """
    start, stop = manifest.plan.bounds(shard_id)
    name, run_id = manifest.spec.name, manifest.run_id
    success = outcome_key(name, run_id, "success", shard_id)
    if next(store.keys(success), None) is not None:
        return ShardReport(shard_id, "success", stop - start, 0, duplicate=True)
    started_at = datetime.now(UTC)
    rows = shard_rows(manifest, start, stop)
    results = _results(manifest, rows, experiment)
    table = outcome_table(
        manifest.spec, rows, results, shard_id=shard_id, attempt=attempt, started_at=started_at, worker=worker
    )
    failed = results.failed
    status: Status = "failure" if failed else "success"
    key = outcome_key(name, run_id, status, shard_id)
    written = store.put(key, encode_outcome(table), if_absent=status == "success")
    return ShardReport(shard_id, status, len(rows), failed, duplicate=not written)


def _results(manifest: Manifest, rows: ShardRows, experiment: Experiment[..., Any] | None) -> Results:
    spec = manifest.spec
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
    return evaluate(found, rows, keys)
