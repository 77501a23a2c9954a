"""A run while it goes on: besides its progress, what has failed, what it costs, and a chart that fills in.

What is known stands in `LiveState`, which neither asks nor shows anything; `watch` asks the run, rarely, and shows the
state in the panel of `workbench.runs.progress`.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from workbench.errors import WorkbenchError
from workbench.runs.pace import PaceKeeper
from workbench.runs.partial_chart import choose_chart, draw_chart
from workbench.runs.progress import Shown, open_panel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from workbench.contract import Manifest
    from workbench.runs.partial_chart import ChartChoice, Charts
    from workbench.runs.status import RunStatus
    from workbench.runs.watch import Clock

__all__ = ["Answers", "LiveState", "Watched", "watch"]

_INTERVAL_SECONDS: Final = 5.0
_REST: Final = 10  # times what the answers took to come: whoever watches spends little of the run's time on questions


class Watched(Protocol):
    """What is asked of a run that is watched."""

    @property
    def manifest(self) -> Manifest:
        """What was planned."""
        ...

    @property
    def plot(self) -> Charts:
        """Its charts."""
        ...

    def status(self) -> RunStatus:
        """Count what has landed."""
        ...

    def failures(self) -> pd.DataFrame:
        """Count failed rows by error code."""
        ...

    def wait(self, *, timeout: float | None, progress: Callable[[RunStatus], None]) -> RunStatus:
        """Wait until the run has ended, and tell every status meanwhile."""
        ...


class Answers(NamedTuple):
    """What a run answers while it goes on; None where it was not asked, or could not tell.

    Parameters
    ----------
    failures : mapping, optional
        Failed rows by error code.
    cost : float, optional
        Dollars so far.
    chart : bytes, optional
        Of the rows so far, as PNG.
    trouble : tuple of str
        Why something is not there.
    """

    failures: Mapping[str, int] | None = None
    cost: float | None = None
    chart: bytes | None = None
    trouble: tuple[str, ...] = ()


class LiveState:
    """What is known of a run that is watched.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    clock : Clock
        Whose time is taken.
    interval : float
        Seconds between questions, at least.
    """

    def __init__(self, manifest: Manifest, clock: Clock, *, interval: float = _INTERVAL_SECONDS) -> None:
        self.status: RunStatus | None = None
        self._clock = clock
        self._interval = interval
        self._keeper = PaceKeeper(clock, manifest.n_rows)
        self._answers = Answers()
        self._asked: RunStatus | None = None
        self._not_before = -math.inf

    def see(self, status: RunStatus) -> Shown:
        """Take note of where the run stands, and return what there is to show.

        Parameters
        ----------
        status : RunStatus
            As it is now.

        Returns
        -------
        Shown
        """
        self.status = status
        return Shown(status, self._keeper.see(status.rows.ended), self._notes(), self._answers.chart)

    @property
    def due(self) -> bool:
        """Whether to ask: when something has landed since the last time, and that was long ago, or the run is over."""
        status = self.status
        if status is None or status == self._asked or not (status.rows.ended or status.unfinished):
            return False
        return not status.rows.missing or self._clock.monotonic() >= self._not_before

    def learn(self, answers: Answers, *, seconds: float) -> None:
        """Take note of what the run has answered; a chart that could not be drawn leaves the one before.

        Parameters
        ----------
        answers : Answers
            To the questions that were due.
        seconds : float
            That it took to answer.
        """
        self._answers = answers._replace(chart=answers.chart or self._answers.chart)
        self._asked = self.status
        self._not_before = self._clock.monotonic() + max(self._interval, _REST * seconds)

    def _notes(self) -> tuple[str, ...]:
        failures, cost = self._answers.failures, self._answers.cost
        notes = []
        if failures:
            most_first = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
            notes.append("failed so far: " + ", ".join(f"{count:,} {code}" for code, count in most_first))
        if cost is not None:
            notes.append(f"cost so far: ${cost:,.4f}")
        return (*notes, *self._answers.trouble)


def watch(
    run: Watched,
    *,
    metric: str | None = None,
    x: str | None = None,
    y: str | None = None,
    hue: str | None = None,
    cost: Callable[[], float] | None = None,
    timeout: float | None = None,
    clock: Clock = time,
) -> RunStatus:
    """Follow a run until it has ended: in a terminal, or in a notebook with a chart that fills in as shards land.

    Failures, cost and chart are queries, which cost money: they are asked only when something has landed, and then at
    most every few seconds. Interrupting ends the watching; the run goes on.

    Parameters
    ----------
    run : Run
        Which one.
    metric : str, optional
        Metric of the chart; the first number among them by default.
    x : str, optional
        Parameter of the horizontal axis; by default the first that is a number and varies.
    y : str, optional
        Parameter of the vertical axis, for a heatmap.
    hue : str, optional
        Parameter with a line for each of its values.
    cost : callable, optional
        Tells what the run has cost so far, in dollars.
    timeout : float, optional
        Seconds to watch at most.
    clock : Clock
        Whose time is taken.

    Returns
    -------
    RunStatus
        The last one seen.

    Raises
    ------
    QueryError
        If `metric`, `x`, `y` or `hue` is unknown, or both `y` and `hue` are given.
    RunTimeoutError, RunStalledError
        As of `Run.wait`.
    """
    choice = choose_chart(run.manifest, metric=metric, x=x, y=y, hue=hue)
    state = LiveState(run.manifest, clock)
    with open_panel(run.manifest, roomy=True) as panel:

        def look(status: RunStatus) -> None:
            shown = state.see(status)
            if panel.notes and state.due:
                panel.show(shown)  # answers may take their time
                began = clock.monotonic()
                answers = _ask(run, status, choice if panel.charts else None, cost)
                state.learn(answers, seconds=clock.monotonic() - began)
                shown = state.see(status)
            panel.show(shown)

        try:
            return run.wait(timeout=timeout, progress=look)
        except KeyboardInterrupt:
            return state.status or run.status()


def _ask(run: Watched, status: RunStatus, choice: ChartChoice | None, cost: Callable[[], float] | None) -> Answers:
    answers, trouble = Answers(), []
    # A question that fails is told, and asked again later: it is no reason to stop watching.
    try:
        if status.rows.failed or status.rows.cancelled or status.unfinished:
            answers = answers._replace(failures=_failures(run))
        if cost is not None:
            answers = answers._replace(cost=cost())
    except WorkbenchError as error:
        trouble.append(f"failures and cost are not known: {error}")
    try:
        if choice is not None and (status.rows.succeeded or status.unfinished):
            answers = answers._replace(chart=draw_chart(run.plot, choice))
    except WorkbenchError as error:
        trouble.append(f"no new chart: {error}")
    return answers._replace(trouble=tuple(trouble))


def _failures(run: Watched) -> dict[str, int]:
    frame = run.failures()
    return {str(code): int(count) for code, count in zip(frame["error_code"], frame["count"], strict=True)}
