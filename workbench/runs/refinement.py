"""A run and the runs that refine it, as one: their means, how precise these are, and how to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.analysis.precision import Target
from workbench.analysis.score import directions_of, rank
from workbench.analysis.summary import aggregate
from workbench.runs.refine import Limits, Rounds, Source, begin, refine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.analysis.score import Goals
    from workbench.runs.run import Run

__all__ = ["Refinement", "Source", "refine_run"]


@dataclass(frozen=True, repr=False)
class Refinement:
    """What came of replicating until precise; made by `Run.refine`.

    Parameters
    ----------
    rounds : Rounds
        The runs and what each point has of them.
    source : Source
        Where answers come from.
    metric : str
        Whose means were refined.
    points : DataFrame
        A line for each point, or group of `by`: its parameters, ``replicates`` (evaluated), ``count`` (good rows),
        ``mean``, ``std``, ``half_width`` of the 95 % interval, ``target``, and whether it is ``done``.
    """

    rounds: Rounds
    source: Source
    metric: str
    points: pd.DataFrame

    @property
    def runs(self) -> tuple[Run, ...]:
        """The first run, then those that refine it; no row is in two of them."""
        return self.rounds.runs

    @property
    def done(self) -> bool:
        """Whether every mean is precise enough."""
        return bool(self.points["done"].all())

    @property
    def stopped(self) -> str:
        """What ended it before all was done; empty where nothing did."""
        return self.rounds.stopped

    @property
    def further_rows(self) -> int:
        """Rows that were added to those of the first run."""
        return self.rounds.further_rows

    def aggregate(
        self,
        *,
        by: Sequence[str],
        metrics: Sequence[str] | None = None,
        stats: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Summarise metrics over the rows of all runs together; as of `Run.aggregate`.

        Groups of several points weigh each row alike, and so the points with more replicates more than others.
        """
        run_ids = [run.run_id for run in self.runs]
        spec = self.rounds.manifest.spec
        engine = self.source.engine.over(run_ids)
        return aggregate(engine, spec, run_ids, by=by, metrics=metrics, stats=stats, where=where)

    def rank(self, goals: Goals, *, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Order the points by a weighted score of the means of all rows together; as of `Run.rank`."""
        by = list(self.rounds.manifest.sweep.space.names)
        return rank(self.aggregate(by=by, metrics=list(directions_of(goals)), where=where), goals)

    def refine(
        self,
        metric: str | None = None,
        *,
        half_width: float,
        relative: bool = False,
        by: Sequence[str] | None = None,
        budget: float | None = None,
        max_rows: int | None = None,
        min_replicates: int = 10,
        max_replicates: int = 1000,
    ) -> Refinement:
        """Go on from here, for the same metric or another one; as of `Run.refine`, whatever was spent so far."""
        target = Target(
            half_width=half_width, relative=relative, min_replicates=min_replicates, max_replicates=max_replicates
        )
        limits = Limits(dollars=budget, rows=max_rows)
        metric = metric or self.metric
        rounds, points = refine(self.rounds, self.source, metric, by=by, target=target, limits=limits)
        return Refinement(rounds, self.source, metric, points)

    def __repr__(self) -> str:
        of = f"{int(self.points['done'].sum()):,} of {len(self.points):,} means of {self.metric} are precise enough"
        why = f"; stopped: {self.stopped}" if self.stopped else ""
        return (
            f"Refinement({self.runs[0].run_id}: {of} after {self.further_rows:,} further rows in "
            f"{len(self.runs) - 1:,} runs{why})"
        )


def refine_run(run: Run, source: Source, metric: str, **options: Any) -> Refinement:
    """Refine a run from its start; options as of `Refinement.refine`."""
    import pandas as pd  # noqa: PLC0415 -- for those who ask

    return Refinement(begin(run), source, metric, pd.DataFrame()).refine(**options)
