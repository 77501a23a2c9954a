"""How fast a run goes, and when it will have ended: estimated from the rows that have landed since somebody looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from workbench.runs.watch import Clock

__all__ = ["Pace", "PaceKeeper", "Seen", "estimate_pace"]

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SLOW: Final = 10  # rows per second, below which a decimal tells something


class Seen(NamedTuple):
    """How many rows had ended at a time."""

    seconds: float
    rows: int


@dataclass(frozen=True)
class Pace:
    """How fast a run goes.

    Parameters
    ----------
    rows_per_second : float
        Rows that end in a second.
    seconds_left : float
        Until the last of them has; 0 where it has.
    """

    rows_per_second: float
    seconds_left: float

    def __str__(self) -> str:
        rate = f"{self.rows_per_second:,.0f}" if self.rows_per_second >= _SLOW else f"{self.rows_per_second:.2g}"
        left = f", {_duration(self.seconds_left)} left" if self.seconds_left else ""
        return f"{rate} rows/s{left}"


def estimate_pace(first: Seen, last: Seen, *, now: float, expected: int) -> Pace | None:
    """Estimate the pace of a run whose rows land a shard at a time.

    Parameters
    ----------
    first, last : Seen
        What was seen first, and when the number of rows last changed: in between, whole shards have landed.
    now : float
        Seconds on the clock of both.
    expected : int
        Rows of the run.

    Returns
    -------
    Pace or None
        None where nothing has landed since the first look.
    """
    landed, passed = last.rows - first.rows, last.seconds - first.seconds
    if landed <= 0 or passed <= 0:
        return None
    rate = landed / passed
    missing = expected - last.rows
    # What was due since the last shard landed is under way; a shard that is late is due at any moment.
    left = max(missing / rate - (now - last.seconds), 1.0) if missing else 0.0
    return Pace(rate, left)


class PaceKeeper:
    """Follows one run.

    Parameters
    ----------
    clock : Clock
        Whose time is taken.
    expected : int
        Rows of the run.
    """

    def __init__(self, clock: Clock, expected: int) -> None:
        self._clock = clock
        self._expected = expected
        self._first: Seen | None = None
        self._last: Seen | None = None

    def see(self, rows: int) -> Pace | None:
        """Take note of how many rows have ended by now; a resume, which takes some back, starts anew."""
        now = self._clock.monotonic()
        if self._first is None or self._last is None or rows < self._last.rows:
            self._first = self._last = Seen(now, rows)
        elif rows > self._last.rows:
            self._last = Seen(now, rows)
        return estimate_pace(self._first, self._last, now=now, expected=self._expected)


def _duration(seconds: float) -> str:
    """Say how long something takes by its two largest units."""
    whole = math.ceil(seconds)
    parts = []
    for size, unit in _UNITS:
        count, whole = divmod(whole, size)
        parts.append((count, unit))
    while len(parts) > 1 and not parts[0][0]:
        del parts[0]
    return " ".join(f"{count:,} {unit}" for count, unit in parts[:2] if count)
