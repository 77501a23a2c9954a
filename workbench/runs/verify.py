"""Whether a run holds what its experiment gives: some of its good rows are evaluated again here, and compared.

The rows are looked up, seeded, evaluated and written as every worker does it, and every parameter and metric is held
against the outcome bit for bit. Rows of a vectorized experiment are evaluated with all rows that shared their array:
alone they could come out otherwise, for numpy treats the last few values of an array in another way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from workbench.compute.outcome import column_values, decode_outcome, outcome_table, rows_with
from workbench.compute.rows import shard_rows
from workbench.compute.seeding import row_keys
from workbench.compute.supervise import Limits, supervise
from workbench.contract.keys import parse_outcome_key, parse_report_key
from workbench.errors import OutcomeError, RunError
from workbench.runs.status import list_landed
from workbench.runs.sweep import experiment_of
from workbench.runs.threads import one_thread
from workbench.runs.verification import Verification, differences_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from workbench.compute.rows import ShardRows
    from workbench.contract import Manifest
    from workbench.experiments import Experiment
    from workbench.runs.status import Landed
    from workbench.runs.verification import Difference
    from workbench.storage import Store

__all__ = ["verify"]

# Enough to meet several workers, few enough to be read.
_FILES: Final = 10
# A vectorized shard is evaluated whole, which takes as long as a child took.
_VECTORIZED_FILES: Final = 3


def verify(
    manifest: Manifest,
    store: Store,
    *,
    sample: int = 50,
    seed: int = 0,
    tolerance: int = 0,
    experiment: Experiment[..., Any] | None = None,
) -> Verification:
    """Evaluate good rows of a run again, here, and compare them with what the run has left.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    store : Store
        Where its outcomes lie.
    sample : int
        Rows to compare; all good rows where there are fewer. They are drawn from ten outcomes, or three of a vectorized
        experiment, and from more only where those hold too few.
    seed : int
        Chooses the rows; the same number chooses the same rows of the same outcomes.
    tolerance : int
        Steps between neighbouring floats (units in the last place) that still count as equal. 0 is right on processors
        of one family; another one may differ in the last bits.
    experiment : Experiment, optional
        Found by the manifest's name where it is missing.

    Returns
    -------
    Verification
        True where every row is equal.

    Raises
    ------
    CodeMismatchError
        If the experiment here is other code than the run's.
    ExperimentError
        If the experiment is not known here.
    OutcomeError
        If an outcome is damaged, or does not hold the rows of its shard.
    RunError
        If `sample` or `tolerance` cannot be, or there is no good row yet.

    Notes
    -----
    Floats are compared by their bits, so that 0.0 and -0.0 differ; any NaN equals any other, for which of its many bit
    patterns comes out is up to the processor. A run of a vectorized experiment one of whose rows ended its process was
    evaluated in parts, of which nothing is kept: there, `tolerance` may be needed on the same processor too.
    """
    if sample < 1 or tolerance < 0:
        raise RunError(f"sample is {sample}, tolerance {tolerance}: compare 1 row or more, with 0 steps or more")
    found = experiment_of(manifest, experiment)
    checked: list[int] = []
    differences: list[Difference] = []
    shards = 0
    with one_thread():  # as wherever rows are evaluated: sums keep their order
        for rows, table, chosen in _samples(manifest, store, sample, np.random.default_rng(seed)):
            shards += 1
            checked += rows.row_index[chosen].tolist()
            for together, wanted in _arrays(found, table, chosen):
                here = _evaluate(manifest, found, rows.where(together))
                places = np.searchsorted(np.flatnonzero(together), wanted)
                differences += differences_of(
                    manifest.spec, _records(here, places), _records(table, wanted), tolerance=tolerance
                )
    if not checked:
        raise RunError(f"{manifest.run_id} has no good row to verify yet: `run.status()` and `run.failures()` say why")
    return Verification(
        run_id=manifest.run_id,
        row_index=tuple(checked),
        shards=shards,
        tolerance=tolerance,
        differences=tuple(differences),
    )


def _samples(
    manifest: Manifest, store: Store, sample: int, rng: np.random.Generator
) -> Iterator[tuple[ShardRows, Any, NDArray[np.int64]]]:
    """Choose shards, then rows; yield the rows of a shard, its outcome, and the places of those chosen in both."""
    outcomes = _outcomes_with_good_rows(manifest, list_landed(store, manifest))
    files = min(_VECTORIZED_FILES if manifest.spec.vectorized else _FILES, sample)
    picked: list[int] = []
    for shard_id in rng.permutation(sorted(outcomes)).tolist():
        if len(picked) >= files and sum(outcomes[other].good for other in picked) >= sample:
            break
        picked.append(shard_id)
    # What a small one lacks, the larger ones after it make up for.
    picked.sort(key=lambda shard_id: outcomes[shard_id].good)
    for place, shard_id in enumerate(picked):
        if not sample:
            return
        rows, table = _read(manifest, store, shard_id, outcomes[shard_id].key)
        good = np.flatnonzero(rows_with(table, None))
        share = -(-sample // (len(picked) - place))
        chosen = np.sort(rng.choice(good, size=min(share, len(good)), replace=False))
        sample -= len(chosen)
        if len(chosen):
            yield rows, table, chosen


class _Outcome(NamedTuple):
    """An outcome, and how many good rows it is known to hold before it is read; 0 where its keys do not tell."""

    key: str
    good: int


def _outcomes_with_good_rows(manifest: Manifest, landed: Landed) -> dict[int, _Outcome]:
    """Return the outcome that counts of every shard, but for those that have reported not one good row."""
    fewest_bad: dict[int, int] = {}
    for report in filter(None, map(parse_report_key, landed.reports)):
        bad = report.failed + report.cancelled
        fewest_bad[report.shard_id] = min(fewest_bad.get(report.shard_id, bad), bad)
    good: dict[int, _Outcome] = {}
    partial: dict[int, _Outcome] = {}
    for key in landed.outcomes:
        parsed = parse_outcome_key(key)
        if parsed is None:
            continue
        start, stop = manifest.plan.bounds(parsed.shard_id)
        if parsed.status == "success":
            good[parsed.shard_id] = _Outcome(key, stop - start)
        elif parsed.shard_id not in fewest_bad:
            partial[parsed.shard_id] = _Outcome(key, 0)
        elif fewest_bad[parsed.shard_id] < stop - start:
            partial[parsed.shard_id] = _Outcome(key, stop - start - fewest_bad[parsed.shard_id])
    return partial | good


def _read(manifest: Manifest, store: Store, shard_id: int, key: str) -> tuple[ShardRows, Any]:
    table = decode_outcome(store.get(key) or b"", manifest.spec, source=key)
    rows = shard_rows(manifest, *manifest.plan.bounds(shard_id))
    if not np.array_equal(column_values(table, "row_index"), rows.row_index):
        raise OutcomeError(
            f"{key} does not hold the rows of shard {shard_id}, each once and in order: bring back an earlier version "
            "of it, or submit the sweep with fresh=True"
        )
    return rows, table


def _arrays(
    experiment: Experiment[..., Any], table: Any, chosen: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """Yield which rows of a shard to evaluate together, and the places of the chosen ones among them."""
    attempts = column_values(table, "attempt")
    if not experiment.spec.vectorized:
        alone = np.zeros(len(attempts), dtype=np.bool_)
        alone[chosen] = True
        yield alone, chosen
        return
    # An attempt evaluates what those before it have left: its own rows, and those that later ones had to do again.
    for attempt in np.unique(attempts[chosen]):
        yield attempts >= attempt, chosen[attempts[chosen] == attempt]


def _evaluate(manifest: Manifest, experiment: Experiment[..., Any], rows: ShardRows) -> Any:
    spec, sweep = manifest.spec, manifest.sweep
    keys = (
        row_keys(spec, rows.parameters, rows.replicate, seed=sweep.seed, seeding=sweep.seeding)
        if spec.uses_rng
        else None
    )
    # Without the run's time limit: a row that takes longer here is not another row.
    results = supervise(experiment, rows, keys, Limits())
    return outcome_table(spec, rows, results, shard_id=0, attempt=1, started_at=datetime.now(UTC), worker="")


def _records(table: Any, places: NDArray[np.int64]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = table.take(places.tolist()).to_pylist()
    return records
