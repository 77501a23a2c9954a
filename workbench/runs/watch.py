"""How long a wait is patient: two clocks, one for a run that never started, one for a run that fell silent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from workbench.runs.status import Landed

__all__ = ["Clock", "Patience", "Watch"]

_POLL_SECONDS: Final = 0.5
_LONGEST_POLL: Final = 30.0
_PAGE: Final = 1_000  # keys that one LIST request of S3 answers
_SILENCE_PER_POLL: Final = 20  # a run that has been silent for 20 s need not be looked at more than once a second


class Clock(Protocol):
    """What measures a wait; the module `time` is one."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Return after that time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds without news after which a wait is given up; the run itself is left alone.

    Parameters
    ----------
    start : float
        While nothing at all of the run's generation has landed.
    silence : float
        Since the last change, once something has.
    """

    start: float = math.inf
    silence: float = math.inf


class Watch:
    """The two clocks of one wait; both are the client's and begin with the wait.

    Parameters
    ----------
    clock : Clock
        Whose time is measured.
    patience : Patience
        The limits.
    """

    def __init__(self, clock: Clock, patience: Patience) -> None:
        self._clock = clock
        self._patience = patience
        self._last: Landed | None = None
        self._started = False
        self._changed = clock.monotonic()

    def see(self, landed: Landed) -> None:
        """Take note of what has landed by now."""
        last, self._last = self._last, landed
        generation = landed.controls.generation
        if last is None or last.controls.generation != generation:
            # The outcomes may be those of an earlier generation; its reports, or a change from now on, are this one's.
            self._started = bool(landed.reports or (landed.outcomes and not generation))
        elif last != landed:
            self._started = self._started or last[1:] != landed[1:]
        else:
            return
        self._changed = self._clock.monotonic()

    @property
    def lost_patience(self) -> str | None:
        """Which clock has run out, in words; None while neither has."""
        silent = self._clock.monotonic() - self._changed
        if not self._started and silent >= self._patience.start:
            return f"never started: nothing has landed in the {silent:,.0f} s of this wait"
        if self._started and silent >= self._patience.silence:
            return f"started, then fell silent: nothing has landed for {silent:,.0f} s"
        return None

    @property
    def pause(self) -> float:
        """Seconds until the next look: a large run costs a request per thousand keys, a silent one tells little."""
        keys = len(self._last.outcomes) + len(self._last.reports) if self._last else 0
        silent = self._clock.monotonic() - self._changed
        return min(_LONGEST_POLL, max(_POLL_SECONDS * (1 + keys / _PAGE), silent / _SILENCE_PER_POLL))
