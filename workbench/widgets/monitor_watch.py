"""Follows a run in a thread of its own, so that the kernel stays free, and tells what it sees and learns.

The thread only lists keys and asks questions: nothing is evaluated, forked, drawn or shown in it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from workbench.errors import WorkbenchError
from workbench.runs.live import Answers, LiveState
from workbench.widgets.monitor_state import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.runs.pace import Pace
    from workbench.runs.partial_chart import ChartChoice
    from workbench.runs.run import Run
    from workbench.runs.status import RunStatus, ShardState

__all__ = ["Ended", "Event", "Halted", "Learnt", "Seen", "Watcher"]


class Seen(NamedTuple):
    """Where the run stands; `shards` is None where that is as it was told last."""

    status: RunStatus
    pace: Pace | None
    shards: tuple[ShardState, ...] | None


class Learnt(NamedTuple):
    """What the run has answered; `points` are those of the chart, None where there is none, or nothing new."""

    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    points: pd.DataFrame | None


class Ended(NamedTuple):
    """The run has ended."""

    status: RunStatus


class Halted(NamedTuple):
    """The watching has ended before the run."""

    message: str


Event: TypeAlias = Seen | Learnt | Ended | Halted


class _StoppedError(Exception):
    """Whoever watches is to stop."""


class Watcher:
    """Watches a run until it ends, or until it is told to stop.

    Parameters
    ----------
    run : Run
        Which one.
    tell : callable
        Is called in the thread, with this watcher and each event; after `stop` no more.
    choice : ChartChoice or None
        The chart whose points are asked for.
    billed : bool
        Whether the run costs something.
    """

    def __init__(
        self, run: Run, tell: Callable[[Watcher, Event], None], *, choice: ChartChoice | None, billed: bool
    ) -> None:
        self._run = run
        self._tell = tell
        self._choice = choice
        self._billed = billed
        self._live = LiveState(run.manifest, time)
        self._last: RunStatus | None = None
        self._failures: tuple[Failure, ...] = ()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watches {run.run_id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing from now on; the thread ends with its next look, which nobody needs to wait for."""
        self._stopping.set()

    def is_alive(self) -> bool:
        """Whether the thread goes on."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        self._thread.join(timeout)

    def _watch(self) -> None:
        last: Event
        try:
            last = Ended(self._run.wait(progress=self._look))
        except _StoppedError:
            return
        except WorkbenchError as error:
            last = Halted(str(error))
        except Exception as error:  # noqa: BLE001 -- told to whoever watches; a thread's traceback reaches nobody
            last = Halted(f"{self._run.run_id} is no longer watched ({type(error).__name__}: {error}): attach it again")
        if not self._stopping.is_set():
            self._tell(self, last)

    def _look(self, status: RunStatus) -> None:
        if self._stopping.is_set():
            raise _StoppedError
        shards = None if status == self._last else self._shards()
        self._tell(self, Seen(status, self._live.see(status).pace, shards))
        self._last = status
        if self._live.due:
            self._ask(status)

    def _shards(self) -> tuple[ShardState, ...]:
        return tuple(self._run.shard_states())

    def _ask(self, status: RunStatus) -> None:
        began = time.monotonic()
        cost, points, trouble = None, None, []
        # A question that fails is told, and asked again later: it is no reason to stop watching.
        try:
            bad = status.rows.failed or status.rows.cancelled or status.unfinished
            self._failures = _failures(self._run.failures()) if bad else ()
            cost = self._run.cost().dollars if self._billed else None
        except WorkbenchError as error:
            trouble.append(f"failures and cost are not known: {error}")
        try:
            if self._choice and (status.rows.succeeded or status.unfinished):
                points = self._points(self._choice)
        except WorkbenchError as error:
            trouble.append(f"no new chart: {error}")
        self._live.learn(Answers(cost=cost, trouble=tuple(trouble)), seconds=time.monotonic() - began)
        if self._stopping.is_set():
            raise _StoppedError
        self._tell(self, Learnt(self._failures, self._live.see(status).notes, points))

    def _points(self, choice: ChartChoice) -> pd.DataFrame:
        return self._run.aggregate(by=[choice.x, *([choice.hue] if choice.hue else [])], metrics=[choice.metric])


def _failures(frame: pd.DataFrame) -> tuple[Failure, ...]:
    columns = (frame["error_code"], frame["count"], frame["example_message"])
    found = [Failure(str(code), int(count), str(message)) for code, count, message in zip(*columns, strict=True)]
    return tuple(sorted(found, key=lambda failure: (-failure.rows, failure.code)))
