"""A run as its owner waits for it: its state from the keys alone, and who does not wait for ever."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from workbench.errors import RunStalledError, RunTimeoutError
from workbench.runs.progress import show_progress
from workbench.runs.questions import Questions
from workbench.runs.status import RunStatus, list_landed, run_status, shard_states
from workbench.runs.watch import Patience, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.analysis.engine import QueryEngine
    from workbench.contract import Manifest
    from workbench.runs.control import Control
    from workbench.runs.status import ShardState
    from workbench.runs.watch import Clock
    from workbench.storage import Store

__all__ = ["Following"]


class Following(Questions):
    """Counts what has landed of a run, and waits for the rest.

    Parameters
    ----------
    manifest, store, engine
        As of `Questions`.
    control : Control
        Who looks after the run.
    clock : Clock
        What measures the time of a wait.
    """

    def __init__(
        self, manifest: Manifest, store: Store, engine: QueryEngine, *, control: Control, clock: Clock = time
    ) -> None:
        super().__init__(manifest, store, engine)
        self._control = control
        self._clock = clock

    def status(self) -> RunStatus:
        """Count the shards and rows that have landed; keys are listed, nothing is read."""
        return run_status(self.manifest, list_landed(self._store, self.manifest))

    def shard_states(self) -> list[ShardState]:
        """Say how each shard stands, in order: succeeded, failed, cancelled, partly done or missing."""
        return shard_states(self.manifest, list_landed(self._store, self.manifest))

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

    def _stalled(self, reason: str, status: RunStatus) -> RunStalledError:
        missing, first = status.shards.missing, ", ".join(map(str, status.first_missing))
        more = ", ..." if missing > len(status.first_missing) else ""
        return RunStalledError(
            f"{self.run_id} {reason}. {missing:,} of {status.shards.expected:,} shards are missing ({first}{more}): "
            f"`run.resume()` or `workbench resume {self.run_id}` evaluates them, or submit the sweep again"
        )
