"""Replicates until means are precise: rounds of further sweeps, each only of the points that still need them.

Nothing is kept but runs. Every round is a function of what the runs before it have answered, and a sweep that was
submitted before is found again: whoever is interrupted asks once more, and pays for nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from workbench.analysis.checks import check_metrics, check_names
from workbench.analysis.precision import judge, next_replicates
from workbench.analysis.summary import aggregate
from workbench.compute.columns import parameter_columns
from workbench.errors import BudgetError, QueryError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from workbench.analysis.engine import QueryEngine
    from workbench.analysis.precision import Target
    from workbench.contract import Manifest, SweepDocument
    from workbench.runs.control import Control
    from workbench.runs.run import Run

__all__ = ["Limits", "Rounds", "Source", "begin", "refine"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What may be spent.

    Parameters
    ----------
    dollars : float or None
        US dollars of all further runs; None for no limit.
    rows : int or None
        Further rows; None for no limit.
    """

    dollars: float | None = None
    rows: int | None = None

    def __post_init__(self) -> None:
        for name, limit in (("budget", self.dollars), ("max_rows", self.rows)):
            if limit is not None and not limit >= 0:
                raise QueryError(f"{name}: is {limit!r}; 0 or more, or None for no limit")


@dataclass(frozen=True)
class Source:
    """Where answers come from and further runs go to.

    Parameters
    ----------
    engine : QueryEngine
        Of the first run.
    control : Control
        Of the first run.
    """

    engine: QueryEngine
    control: Control

    def run(self, sweep: SweepDocument, budget: float | None) -> Run:
        """Evaluate a sweep to its end; BudgetError where it is estimated to cost more than is left."""
        run = self.control.submit(sweep, budget=budget)
        run.wait()
        return run


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Where a refinement stands.

    Parameters
    ----------
    runs : tuple of Run
        The first one and those that refine it.
    points : DataFrame
        The parameters of every point of the space, in its order.
    replicates : ndarray of int64
        Repetitions of each point, over all runs.
    stopped : str
        What ended it before all was done; empty where nothing did.
    """

    runs: tuple[Run, ...]
    points: pd.DataFrame
    replicates: NDArray[np.int64]
    stopped: str = ""

    @property
    def manifest(self) -> Manifest:
        """Of the first run."""
        return self.runs[0].manifest

    @property
    def further_rows(self) -> int:
        """Rows of the runs after the first."""
        return sum(run.manifest.n_rows for run in self.runs[1:])


def begin(run: Run) -> Rounds:
    """Take a run as the start of a refinement, once it has ended.

    Raises
    ------
    RunError
        If its replicates cannot be refined.
    """
    manifest = run.manifest
    run.wait()
    if not manifest.spec.uses_rng:
        raise RunError(f"{manifest.spec.name} uses no rng: all replicates of a point are equal")
    if manifest.sweep.replicates_before:
        raise RunError(f"{run.run_id} is itself a refinement: refine the run that it belongs to")
    columns = parameter_columns(manifest.sweep, manifest.spec, np.arange(manifest.n_points))
    points = pd.DataFrame(columns)
    if (twice := points.duplicated()).any():
        raise RunError(
            f"the space holds {points[twice].iloc[0].to_dict()} more than once, always with the same random numbers: "
            "its rows are no independent replicates; leave repeated points out of the space"
        )
    return Rounds(runs=(run,), points=points, replicates=np.full(len(points), manifest.sweep.replicates))


def refine(
    rounds: Rounds, source: Source, metric: str, *, by: Sequence[str] | None, target: Target, limits: Limits
) -> tuple[Rounds, pd.DataFrame]:
    """Go on until every mean is precise enough, or something ends it.

    Parameters
    ----------
    rounds : Rounds
        Where it stands.
    source : Source
        Where to ask and to submit.
    metric : str
        Whose means.
    by : sequence of str or None
        Parameters whose combinations are the groups of rows; every point is one by default.
    target : Target
        What is wanted.
    limits : Limits
        What may be spent, from here on.

    Returns
    -------
    rounds : Rounds
        Where it stands then.
    groups : DataFrame
        What `Refinement.points` says of every group.
    """
    spec = rounds.manifest.spec
    check_metrics(spec, [metric])
    by = rounds.manifest.sweep.space.names if by is None else by
    check_names("by", by, list(rounds.points.columns))
    keys = list(by)
    begun = rounds.further_rows
    spent = 0.0
    rounds = replace(rounds, stopped="")
    while True:
        groups, of_group = _judged(rounds, source, metric, keys, target)
        after = next_replicates(groups, target, first=rounds.manifest.sweep.replicates)
        sweeps = list(_sweeps(rounds, after[of_group]))
        if not sweeps:
            return replace(rounds, stopped=_left(groups, target)), groups
        wanted = sum(sweep.n_rows for sweep, _ in sweeps)
        if limits.rows is not None and rounds.further_rows - begun + wanted > limits.rows:
            reason = f"the next round would take {wanted:,} rows, more than is left of max_rows={limits.rows:,}"
            return replace(rounds, stopped=reason), groups
        for sweep, points in sweeps:
            try:
                run = source.run(sweep, None if limits.dollars is None else max(0.0, limits.dollars - spent))
            except BudgetError as error:
                groups, _ = _judged(rounds, source, metric, keys, target)
                # What follows is the whole estimate, of one sweep of a round.
                return replace(rounds, stopped=str(error).partition("\n")[0]), groups
            spent += 0.0 if limits.dollars is None else run.cost().dollars
            replicates = rounds.replicates.copy()
            replicates[points] += sweep.replicates
            rounds = replace(rounds, runs=(*rounds.runs, run), replicates=replicates)


def _judged(
    rounds: Rounds, source: Source, metric: str, by: list[str], target: Target
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Ask for the means of all runs together; return a line for each group, and the group of each point."""
    run_ids = [run.run_id for run in rounds.runs]
    stats = ("count", "mean", "std")
    found = aggregate(source.engine.over(run_ids), rounds.manifest.spec, run_ids, by=by, metrics=[metric], stats=stats)
    known = rounds.points[by].assign(replicates=rounds.replicates)
    if not by:
        everything = pd.DataFrame({"replicates": [known["replicates"].min()]}).join(found[[*stats]])
        return judge(everything, target), np.zeros(len(known), dtype=np.int64)
    # Where a sweep of a round was not submitted, points of one group differ: what counts is what all of them have.
    groups = known.groupby(by, sort=False, as_index=False)["replicates"].min()
    of_group = np.asarray(known.groupby(by, sort=False).ngroup(), dtype=np.int64)
    merged = groups.merge(found[[*by, *stats]], on=by, how="left", validate="one_to_one")
    merged["count"] = merged["count"].fillna(0).astype(np.int64)
    return judge(merged, target), of_group


def _sweeps(rounds: Rounds, after: NDArray[np.int64]) -> Iterator[tuple[SweepDocument, NDArray[np.int64]]]:
    """Cut a round into sweeps: the points that go from one number of replicates to the same other one."""
    sweep = rounds.manifest.sweep
    steps = np.stack([rounds.replicates, after], axis=1)
    for before, total in np.unique(steps[after > rounds.replicates], axis=0).tolist():
        (points,) = np.nonzero((steps == (before, total)).all(axis=1))
        space: Any = sweep.space if len(points) == sweep.n_points else sweep.space.pick(points.tolist())
        part = msgspec.structs.replace(sweep, space=space, replicates=total - before, first_replicate=before)
        yield part, points


def _left(groups: pd.DataFrame, target: Target) -> str:
    open_ = groups[~groups["done"]]
    if open_.empty:
        return ""
    full = int((open_["replicates"] >= target.max_replicates).sum())
    reasons = (
        f"{full:,} at max_replicates={target.max_replicates:,}" if full else "",
        f"{len(open_) - full:,} without two good rows (see run.failures())" if len(open_) > full else "",
    )
    return f"{len(open_):,} of {len(groups):,} means are left: {', '.join(filter(None, reasons))}"
