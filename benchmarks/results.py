"""From single runs to what is told: medians, the limit of each race, ratios to it, and whether the targets are met."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import CONTENDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.journal import Journal
    from benchmarks.races import Race

__all__ = ["Line", "RaceResult", "Summary", "summarise"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One contender in one race.

    Parameters
    ----------
    contender : str
        A key of `CONTENDERS`.
    seconds : tuple of float
        What is compared, of every run.
    ratio : float, optional
        Median over the limit.
    error : str, optional
        Why there is none.
    """

    contender: str
    seconds: tuple[float, ...]
    ratio: float | None
    error: str | None

    @property
    def title(self) -> str:
        """How it is called."""
        return CONTENDERS[self.contender].title

    @property
    def ours(self) -> bool:
        """Whether it is the workbench."""
        return CONTENDERS[self.contender].kind == "workbench"


@dataclass(frozen=True, kw_only=True)
class RaceResult:
    """One race.

    Parameters
    ----------
    race : Race
        What was done.
    limit_s : float, optional
        Median of the limit; None where it failed.
    lines : tuple of Line
        The fastest first, then those that failed.
    memory_mb : float, optional
        The workbench's peak, the highest of its runs.
    """

    race: Race
    limit_s: float | None
    lines: tuple[Line, ...]
    memory_mb: float | None

    @property
    def ours(self) -> Line:
        """The workbench's line."""
        return next(line for line in self.lines if line.ours)

    @property
    def met(self) -> bool:
        """Whether the workbench reaches the target: within a multiple of the limit, or ahead of every peer."""
        if self.ours.ratio is None:
            return False
        if self.race.limit.target is None:
            return self.lines[0].ours
        return self.ours.ratio <= self.race.limit.target


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that was measured.

    Parameters
    ----------
    machine : dict
        Mode, machine, versions.
    results : tuple of RaceResult
        In the order of the races.
    every : bool
        Whether these are all races.
    """

    machine: dict[str, Any]
    results: tuple[RaceResult, ...]
    every: bool


def summarise(races: Sequence[Race], journal: Journal, *, every: bool) -> Summary:
    """Summarise the runs of races.

    Parameters
    ----------
    races : sequence of Race
        Those to tell of.
    journal : Journal
        The runs.
    every : bool
        Whether these are all races.

    Returns
    -------
    Summary
    """
    return Summary(machine=journal.header, results=tuple(_result(race, journal) for race in races), every=every)


def _result(race: Race, journal: Journal) -> RaceResult:
    limit = race.limit
    shares = journal.header["cores"] if limit.shared else 1
    times = [
        run["outcome"][limit.clock] / shares for run in journal.done(race.name, limit.contender) if not run["error"]
    ]
    limit_s = statistics.median(times) if times else None
    lines = [_line(race, contender, journal, limit_s) for contender in race.contenders]
    peaks = [run["peak_mb"] for run in journal.done(race.name, "memory") if run["peak_mb"] and not run["error"]]
    return RaceResult(
        race=race,
        limit_s=limit_s,
        lines=tuple(sorted(lines, key=lambda line: (line.error is not None, statistics.median(line.seconds or (0,))))),
        memory_mb=max(peaks, default=None),
    )


def _line(race: Race, contender: str, journal: Journal, limit_s: float | None) -> Line:
    runs = journal.done(race.name, contender)
    good = [run for run in runs if not run["error"]]
    seconds = tuple(run["total_s"] if race.clock == "total_s" else run["outcome"][race.clock] for run in good)
    error = next((run["error"] for run in runs if run["error"]), None if runs else "was not run")
    ratio = statistics.median(seconds) / limit_s if seconds and limit_s and not error else None
    return Line(contender=contender, seconds=seconds, ratio=ratio, error=error)
