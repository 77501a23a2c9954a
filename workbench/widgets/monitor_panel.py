"""The monitor of a run: what its clicks do, and the threads that do it while the kernel stays free."""

from __future__ import annotations

import math
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.runs.partial_chart import choose_chart
from workbench.widgets.kernel import after_typing, displays_nothing, in_the_kernel
from workbench.widgets.monitor_parts import draw_points, shard_grid
from workbench.widgets.monitor_state import MonitorState
from workbench.widgets.monitor_view import MonitorView
from workbench.widgets.monitor_watch import Ended, Event, Halted, Learnt, Seen, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.runs.backend import Backend
    from workbench.runs.partial_chart import ChartChoice
    from workbench.runs.run import Run
    from workbench.runs.status import RunStatus

__all__ = ["RunMonitor"]


class RunMonitor:
    """Shows a run live, and cancels and resumes it; cells can be run meanwhile.

    Parameters
    ----------
    backend : Backend
        Where runs are found.
    run : Run or str, optional
        Which one to watch, or its id; none at first by default.
    metric : str, optional
        Metric of the chart; the first number among them by default.
    x : str, optional
        Parameter of the horizontal axis; by default the first that is a number and varies.
    hue : str, optional
        Parameter with a line for each of its values.

    Raises
    ------
    UnknownRunError
        If there is no such run.
    QueryError
        If `metric`, `x` or `hue` is unknown.

    Attributes
    ----------
    state : MonitorState
        What it knows by now.
    view : MonitorView
        Its widgets; ``view.box`` is all of them, for those who show it within another panel.
    """

    def __init__(
        self,
        backend: Backend,
        run: Run | str | None = None,
        *,
        metric: str | None = None,
        x: str | None = None,
        hue: str | None = None,
    ) -> None:
        self.state = MonitorState()
        self.view = MonitorView()
        self._backend = backend
        self._choose = partial(choose_chart, metric=metric, x=x, y=None, hue=hue)
        self._run: Run | None = None
        self._choice: ChartChoice | None = None
        self._billed = False
        self._watcher: Watcher | None = None
        self._threads: list[Watcher | threading.Thread] = []
        self._points: pd.DataFrame | None = None
        # Whoever changes the state or the widgets holds it: the kernel's thread, and those that are started here.
        self._lock = threading.RLock()
        self._listen()
        self._become(self.state)
        if run is not None:
            self.attach(run)

    def attach(self, run: Run | str) -> None:
        """Watch another run; the one before goes on unwatched.

        Parameters
        ----------
        run : Run or str
            Which one, or its id.

        Raises
        ------
        UnknownRunError
            If there is no such run.
        QueryError
            If the metric or a parameter of the chart is unknown to it.
        """
        found = self._backend.open(run) if isinstance(run, str) else run
        choice, billed = self._choose(found.manifest), self._backend.deployment.billed
        with self._lock:
            if self.state.closed:
                return
            self._unwatch()
            self._run, self._choice, self._billed = found, choice, billed
            self.view.run_id.value = found.run_id
            self.view.show_chart(None)
            self.view.show_shards("")
            self._become(self.state.attached(found.run_id))
            self._watch()

    def wait(self, timeout: float | None = None) -> RunStatus | None:
        """Wait until nothing goes on in the background: the run has ended, and its last answers are shown.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; without end by default.

        Returns
        -------
        RunStatus or None
            The last one seen.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            with self._lock:
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                first = next(iter(self._threads), None)
            left = deadline - time.monotonic()
            if first is None or left <= 0:
                return self.state.status
            first.join(None if timeout is None else left)

    def close(self) -> None:
        """Stop watching, and take the widgets from the page; the run goes on."""
        with self._lock:
            self._unwatch()
            self._run = None
            self._become(self.state.shut())
            self.view.close()

    def _listen(self) -> None:
        view = self.view
        view.attach.on_click(lambda _: after_typing(self._attach_typed))
        view.cancel.on_click(lambda _: self._change(MonitorState.ask_to_cancel))
        view.keep.on_click(lambda _: self._change(MonitorState.keep))
        view.confirm.on_click(lambda _: self._act(MonitorState.confirm_cancel, lambda run: run.cancel()))
        view.resume.on_click(
            lambda _: self._act(MonitorState.begin_resume, lambda run: run.resume(include=view.include.value))
        )

    def _attach_typed(self) -> None:
        typed = self.view.run_id.value.strip()
        try:
            if not typed:
                self._change(lambda state: state.attach_refused("type the id of a run"))
            else:
                self.attach(typed)
        except Exception as error:  # noqa: BLE001 -- shown at the field: nobody reads what a click raises
            message = _words(error)
            self._change(lambda state: state.attach_refused(message))

    def _act(self, begin: Callable[[MonitorState], MonitorState], ask: Callable[[Run], RunStatus]) -> None:
        """Ask something of the run in a thread: the service takes its time, and a serial run is evaluated there."""
        with self._lock:
            before = self.state
            self._change(begin)
            if self._run is None or self.state.doing is None or self.state.doing == before.doing:
                return
            thread = threading.Thread(target=self._ask, args=(self._run, ask), name="asks a run", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _ask(self, run: Run, ask: Callable[[Run], RunStatus]) -> None:
        change: Callable[[MonitorState], MonitorState]
        try:
            with displays_nothing():
                status = ask(run)
        except Exception as error:  # noqa: BLE001 -- shown in the panel: a thread's traceback reaches nobody
            message = _words(error)
            change = lambda state: state.refused(message)  # noqa: E731
        else:
            change = lambda state: state.done(status)  # noqa: E731
        with self._lock:
            if run is self._run:
                self._change(change)
                self._watch()

    def _watch(self) -> None:
        """Start to watch where the state says so, and nobody does yet."""
        if self._run is not None and self.state.watching and self._watcher is None:
            self._watcher = Watcher(self._run, self._hear, choice=self._choice, billed=self._billed)
            self._threads.append(self._watcher)
            self._watcher.start()

    def _unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
            self._threads = [thread for thread in self._threads if thread is not self._watcher]
        self._watcher = self._points = None

    def _hear(self, watcher: Watcher, event: Event) -> None:
        with self._lock:
            if watcher is not self._watcher:
                return
            match event:
                case Seen(status, pace, shards):
                    if shards is not None:
                        self.view.show_shards(shard_grid(shards))
                    self._become(self.state.seen(status, pace))
                case Learnt(failures, notes, points):
                    self._become(self.state.learnt(failures, notes))
                    self._points = points
                case Ended(status):
                    self._watcher = None
                    self._become(self.state.ended(status))
                case Halted(message):
                    self._watcher = None
                    self._become(self.state.halted(message))
        if isinstance(event, Learnt):
            in_the_kernel(self._draw)

    def _draw(self) -> None:
        """Draw the points that came last, unless that was done, or another run is attached."""
        with self._lock:
            run, choice, points, self._points = self._run, self._choice, self._points, None
        if run is None or choice is None or points is None:
            return
        try:
            picture = draw_points(run.manifest, choice, points)
        except Exception as error:  # noqa: BLE001 -- shown in the panel: nobody reads what a loop's callback raises
            message = f"the chart cannot be drawn: {_words(error)}"
            self._change(lambda state: state.learnt(state.failures, (*state.notes, message)))
            return
        with self._lock:
            if run is self._run:
                self.view.show_chart(picture)

    def _change(self, change: Callable[[MonitorState], MonitorState]) -> None:
        with self._lock:
            self._become(change(self.state))

    def _become(self, state: MonitorState) -> None:
        self.state = state
        self.view.show(state)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Be displayed as the widgets; where they cannot be, as in a saved notebook, words stand instead."""
        bundle: dict[str, Any] = self.view.box._repr_mimebundle_()
        return bundle | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"RunMonitor({self.state.run_id or 'no run'})"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
