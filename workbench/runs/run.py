"""A run as its owner follows it: its state, and how it is resumed and cancelled; what it answers is in its base."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from workbench.errors import RunStalledError, RunTimeoutError
from workbench.runs.plots import Plots
from workbench.runs.progress import show_progress
from workbench.runs.questions import Questions
from workbench.runs.status import RunStatus, list_landed, run_status, shard_states
from workbench.runs.tags import read_tags, tag, untag
from workbench.runs.watch import Patience, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.analysis.cost import Cost
    from workbench.analysis.engine import QueryEngine
    from workbench.analysis.prices import Prices
    from workbench.analysis.usage import Deployment
    from workbench.contract import Include, Manifest
    from workbench.runs.control import Control
    from workbench.runs.status import ShardState
    from workbench.runs.watch import Clock
    from workbench.storage import Store

__all__ = ["Run"]


class Run(Questions):
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
        super().__init__(manifest, store, engine)
        self.plot = Plots(self)
        self._control = control
        self._clock = clock

    def status(self) -> RunStatus:
        """Count the shards and rows that have landed; keys are listed, nothing is read."""
        return run_status(self.manifest, list_landed(self._store, self.manifest))

    def shard_states(self) -> list[ShardState]:
        """Say how each shard stands, in order: succeeded, failed, cancelled, partly done or missing."""
        return shard_states(self.manifest, list_landed(self._store, self.manifest))

    @property
    def deployment(self) -> Deployment:
        """Where it is evaluated, as far as time and cost depend on it."""
        return self._control.deployment

    def wait(
        self,
        *,
        timeout: float | None = None,
        progress: bool | Callable[[RunStatus], None] = True,
        start_timeout: float | None = None,
        silence_timeout: float | None = None,
    ) -> RunStatus:
        """Wait until every shard has ended in the run's latest generation; after a resume, that is the new one.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; without end by default.
        progress : bool or callable
            Whether to show a bar; or what to call with every status instead.
        start_timeout : float, optional
            Seconds of this wait after which a run of which nothing has landed yet counts as never started; what suits
            the back end by default, `math.inf` for no limit.
        silence_timeout : float, optional
            Likewise, seconds since the last change for a run that has started.

        Returns
        -------
        RunStatus
            The last one.

        Raises
        ------
        RunTimeoutError
            If shards are still missing after `timeout`; the run goes on.
        RunStalledError
            If the run never started, fell silent, or nobody evaluates it; the message says which, and what to do.
        """
        patience = self._control.patience
        watch = Watch(
            self._clock,
            Patience(
                start=patience.start if start_timeout is None else start_timeout,
                silence=patience.silence if silence_timeout is None else silence_timeout,
            ),
        )
        deadline = math.inf if timeout is None else self._clock.monotonic() + timeout
        shown: AbstractContextManager[Callable[[RunStatus], None]]
        if progress is True:
            shown = show_progress(self.manifest, self._clock)
        else:
            shown = nullcontext(progress or (lambda _: None))
        with shown as show:
            while True:
                # Asked before the keys are listed: whoever ends in between has left all its keys.
                halt = self._control.check()
                landed = list_landed(self._store, self.manifest)
                status = run_status(self.manifest, landed)
                show(status)
                if not status.shards.missing:
                    return status
                watch.see(landed)
                if reason := halt.reason if halt else watch.lost_patience:
                    raise self._stalled(reason, status) from (halt.cause if halt else None)
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    raise RunTimeoutError(f"{self.run_id} is not finished after {timeout:g} s ({status}); wait again")
                self._clock.sleep(min(watch.pause, left))

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

    def tags(self) -> tuple[str, ...]:
        """Read the names that researchers have given the run, sorted; `workbench.history` finds runs by them."""
        return read_tags(self._store, self.run_id)

    def tag(self, *names: str) -> tuple[str, ...]:
        """Give the run tags, and return all that it has; RunError for a name that cannot be one."""
        return tag(self._store, self.run_id, *names)

    def untag(self, *names: str) -> tuple[str, ...]:
        """Take tags from the run, and return those that are left."""
        return untag(self._store, self.run_id, *names)

    def _stalled(self, reason: str, status: RunStatus) -> RunStalledError:
        missing, first = status.shards.missing, ", ".join(map(str, status.first_missing))
        more = ", ..." if missing > len(status.first_missing) else ""
        return RunStalledError(
            f"{self.run_id} {reason}. {missing:,} of {status.shards.expected:,} shards are missing ({first}{more}): "
            f"`run.resume()` or `workbench resume {self.run_id}` evaluates them, or submit the sweep again"
        )

    def __repr__(self) -> str:
        return f"Run({self.run_id}: {self.manifest.n_rows:,} rows in {self.manifest.n_shards:,} shards)"
