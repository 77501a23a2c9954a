"""A run in its owner's hands: watched, refined, resumed, cancelled; what it answers is in its bases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.runs.following import Following
from workbench.runs.plots import Plots
from workbench.runs.tags import read_tags, tag, untag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.analysis.cost import Cost
    from workbench.analysis.engine import QueryEngine
    from workbench.analysis.prices import Prices
    from workbench.analysis.usage import Deployment
    from workbench.contract import Include, Manifest
    from workbench.runs.control import Control
    from workbench.runs.refinement import Refinement
    from workbench.runs.status import RunStatus
    from workbench.runs.watch import Clock
    from workbench.storage import Store

__all__ = ["Run"]


class Run(Following):
    """One execution of a sweep.

    Parameters
    ----------
    manifest : Manifest
        What was planned.
    store : Store
        Where the outcomes land.
    engine : QueryEngine
        Where they are queried.
    control : Control
        Who resumes, cancels and looks after it.
    clock : Clock
        What measures the time of a wait.
    """

    def __init__(
        self, manifest: Manifest, store: Store, engine: QueryEngine, *, control: Control, clock: Clock = time
    ) -> None:
        super().__init__(manifest, store, engine, control=control, clock=clock)
        self.plot = Plots(self)

    @property
    def deployment(self) -> Deployment:
        """Where it is evaluated, as far as time and cost depend on it."""
        return self._control.deployment

    def resume(self, *, include: Include = "infra") -> RunStatus:
        """Evaluate again what is not good: missing, cancelled and failed rows; `wait` then waits for that.

        Parameters
        ----------
        include : {'infra', 'all'}
            Which failed rows: those that infrastructure failed (a crash, a time limit, a lost worker), or those that
            the experiment's own errors failed too.

        Returns
        -------
        RunStatus
            With the new generation begun: what is missing is evaluated again. Where every row is good, nothing begins.

        Raises
        ------
        ApiError, DeploymentError
            If the service refuses, or cannot be reached.
        ExperimentError, CodeMismatchError
            If the run is to be evaluated here, where its experiment is not known, or is other code by now.
        """
        self._control.resume(include)
        return self.status()

    def cancel(self) -> RunStatus:
        """Stop the run: rows in progress are given up, finished ones are kept, and `resume` evaluates the rest.

        Returns
        -------
        RunStatus
            As it stands at once; the last workers stop within seconds, which `wait` waits for.

        Raises
        ------
        ApiError, DeploymentError
            If the service refuses, or cannot be reached.
        """
        self._control.cancel()
        return self.status()

    def watch(
        self,
        *,
        metric: str | None = None,
        x: str | None = None,
        y: str | None = None,
        hue: str | None = None,
        timeout: float | None = None,
    ) -> RunStatus:
        """Follow the run until it has ended: progress, rate, time left, failures and cost so far.

        In a notebook also a chart of the rows so far, which fills in: every shard holds points from all over the space.
        Failures, cost and chart are queries; they are asked rarely, and only when something has landed. Interrupting
        ends the watching, not the run.

        Parameters
        ----------
        metric : str, optional
            Metric of the chart; the first number among them by default.
        x : str, optional
            Parameter of the horizontal axis; by default the first that is a number and varies.
        y : str, optional
            Parameter of the vertical axis, for a heatmap.
        hue : str, optional
            Parameter with a line for each of its values.
        timeout : float, optional
            Seconds to watch at most; without end by default.

        Returns
        -------
        RunStatus
            The last one seen.

        Raises
        ------
        QueryError
            If `metric`, `x`, `y` or `hue` is unknown, or both `y` and `hue` are given.
        RunTimeoutError, RunStalledError
            As of `wait`.
        """
        from workbench.runs.live import watch  # noqa: PLC0415 -- pandas is loaded by those who ask

        cost = (lambda: self.cost().dollars) if self.deployment.billed else None
        return watch(self, metric=metric, x=x, y=y, hue=hue, cost=cost, timeout=timeout, clock=self._clock)

    def cost(self, *, prices: Prices | None = None) -> Cost:
        """Compute what the run has cost so far, from its outcomes; see `workbench.analysis.cost.run_cost`.

        Parameters
        ----------
        prices : Prices, optional
            Those of the dated table by default.

        Returns
        -------
        Cost
            Rows, shards, invocations, gigabyte-seconds and dollars by part; no dollars for a run of this machine.

        Raises
        ------
        QueryError
            If the engine cannot answer.
        """
        from workbench.analysis.cost import run_cost  # noqa: PLC0415 -- pandas is loaded by those who ask

        return run_cost(self._engine, self.manifest, deployment=self.deployment, prices=prices)

    def refine(
        self,
        metric: str,
        *,
        half_width: float,
        relative: bool = False,
        by: Sequence[str] | None = None,
        budget: float | None = None,
        max_rows: int | None = None,
        min_replicates: int = 10,
        max_replicates: int = 1000,
    ) -> Refinement:
        """Add replicates, in rounds, where the mean of a metric is not precise enough yet; nothing is evaluated twice.

        What is added are the rows that the run would have had with more replicates, to the last bit. Asked once more,
        also in another session, it finds its runs again. Stopping when an interval is short enough makes means look a
        little more precise than they are: see `docs/experiments.md`.

        Parameters
        ----------
        metric : str
            Whose means.
        half_width : float
            Wanted of every mean's 95 % interval (Student t), in the metric's unit.
        relative : bool
            Whether `half_width` is a share of the mean instead, such as 0.05.
        by : sequence of str, optional
            Parameters whose combinations are the groups that have a mean; each point has its own by default.
        budget : float, optional
            US dollars that all further runs may cost, as they are estimated; and as they turned out, once they have.
        max_rows : int, optional
            Rows that may be added.
        min_replicates : int
            A mean of fewer is never precise enough: a deviation of few values may be far too small by chance.
        max_replicates : int
            No point gets more.

        Returns
        -------
        Refinement
            The points with their means, half widths and whether they are done; all rows together answer `aggregate`.

        Raises
        ------
        QueryError
            If the metric or a name of `by` is unknown, or the target cannot be.
        RunError
            If the run has no random numbers, or repeats points.
        CodeMismatchError, ExperimentError
            If the code here is not the run's.
        """
        from workbench.runs.refinement import Source, refine_run  # noqa: PLC0415 -- pandas is loaded by those who ask

        return refine_run(
            self,
            Source(self._engine, self._control),
            metric,
            half_width=half_width,
            relative=relative,
            by=by,
            budget=budget,
            max_rows=max_rows,
            min_replicates=min_replicates,
            max_replicates=max_replicates,
        )

    def tags(self) -> tuple[str, ...]:
        """Read the names that researchers have given the run, sorted; `workbench.history` finds runs by them."""
        return read_tags(self._store, self.run_id)

    def tag(self, *names: str) -> tuple[str, ...]:
        """Give the run tags, and return all that it has; RunError for a name that cannot be one."""
        return tag(self._store, self.run_id, *names)

    def untag(self, *names: str) -> tuple[str, ...]:
        """Take tags from the run, and return those that are left."""
        return untag(self._store, self.run_id, *names)

    def __repr__(self) -> str:
        return f"Run({self.run_id}: {self.manifest.n_rows:,} rows in {self.manifest.n_shards:,} shards)"
