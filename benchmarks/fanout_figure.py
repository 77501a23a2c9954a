"""Draws how long runs of many shards take, and how many of their shards run at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from workbench.charts.style import MARKERS, OKABE_ITO, chart_style, dress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.fanout import Fanout

__all__ = ["Line", "draw"]

_CAP: Final = 10_000
_INK: Final = "#333333"
_TICKS: Final = {60: "1 min", 600: "10 min", 3_600: "1 h", 21_600: "6 h"}
_SHOWN: Final = 10_000
_WINDOW_SECONDS: Final = 900.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One simulated run: its shards, the limit of the account, the least and the most that it takes."""

    shards: int
    limit: int
    least: float
    most: Fanout


def draw(lines: Sequence[Line], path: Path) -> None:
    """Draw the time of every run, and the course of those of the largest size that is allowed.

    Parameters
    ----------
    lines : sequence of Line
        By limit, then by shards.
    path : Path
        Where the PNG goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with chart_style(), plt.ioff():
        figure, (times, courses) = plt.subplots(1, 2, figsize=(10.0, 3.9))
        for place, (limit, group) in enumerate(groupby(lines, key=lambda line: line.limit)):
            runs = list(group)
            _times(times, runs, colour=OKABE_ITO[place], marker=MARKERS[place], label=f"{limit:,} children at once")
            (shown,) = (run for run in runs if run.shards == _SHOWN)
            courses.step(
                range(len(shown.most.running)),
                shown.most.running,
                where="post",
                color=OKABE_ITO[place],
                label=f"{limit:,} at most",
            )
        _dress_times(times, [line.shards for line in lines])
        courses.set_title(f"Shards that run at once, of {_SHOWN:,}", loc="left")
        courses.set_xlabel("seconds after the submission")
        courses.set_ylabel("running")
        courses.set_xlim(0, _WINDOW_SECONDS)
        courses.set_ylim(0)
        courses.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        courses.legend()
        dress(courses, grid=True)
        figure.savefig(path, metadata={"Software": None})
        plt.close(figure)


def _times(axes: Axes, runs: Sequence[Line], *, colour: str, marker: str, label: str) -> None:
    shards = [run.shards for run in runs]
    least, most = [run.least for run in runs], [run.most.seconds for run in runs]
    axes.fill_between(shards, least, most, color=colour, alpha=0.25, linewidth=0)
    axes.plot(shards, least, color=colour, linestyle="--", linewidth=1.0)
    axes.plot(shards, most, color=colour, marker=marker, label=label)


def _dress_times(axes: Axes, shards: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.axvline(_CAP, color=_INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.annotate(
        "most shards of one run",
        (_CAP, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4, -4),
        textcoords="offset points",
        va="top",
        fontsize=8,
        color=_INK,
    )
    axes.axhline(21_600, color=OKABE_ITO[7 - 3], linewidth=1.0)
    axes.annotate(
        "Lambda gives events up",
        (min(shards), 21_600),
        xytext=(0, 3),
        textcoords="offset points",
        va="bottom",
        fontsize=8,
        color=OKABE_ITO[7 - 3],
    )
    axes.set_ylim(25, 60_000)
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(shards))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(FixedLocator(list(_TICKS)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _TICKS.get(round(value), "")))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("Time of a run with shards of 30 s", loc="left")
    axes.set_xlabel("shards")
    axes.set_ylabel("least (dashed) to most (line)")
    axes.legend(loc="lower right")
    dress(axes, grid=True)
