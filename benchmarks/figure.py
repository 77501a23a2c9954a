"""Draws the figure of results: for each load, how many times the limit every tool takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from workbench.charts.style import OKABE_ITO, chart_style, dress

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.results import RaceResult, Summary

__all__ = ["draw"]

_OURS, _TARGET = OKABE_ITO[0], OKABE_ITO[1]
_OTHERS: Final = "#9A9A9A"
_COLUMNS: Final = 2
_LINE_INCHES: Final = 0.23
_FRAME_INCHES: Final = 1.2


def draw(summary: Summary, path: Path) -> None:
    """Draw one panel for each load.

    Parameters
    ----------
    summary : Summary
        What was measured.
    path : Path
        Where the PNG goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    results = [result for result in summary.results if any(line.ratio for line in result.lines)]
    results.sort(key=lambda result: -len(result.lines))  # panels of one row are of one height
    rows = [results[start : start + _COLUMNS] for start in range(0, len(results), _COLUMNS)]
    slots = [max(len(result.lines) for result in row) for row in rows]
    with chart_style(), plt.ioff():
        figure, grid = plt.subplots(
            len(rows),
            _COLUMNS,
            figsize=(10.0, _LINE_INCHES * sum(slots) + _FRAME_INCHES * len(rows) + 0.4),
            height_ratios=slots,
            squeeze=False,
        )
        for place, axes in enumerate(grid.flat):
            if place < len(results):
                _panel(axes, results[place], slots[place // _COLUMNS])
            else:
                axes.set_visible(False)
        figure.suptitle(
            "Time as a multiple of the limit (black line): shorter is better",
            x=0.01,
            ha="left",
            fontsize=11,
            fontweight="bold",
        )
        figure.savefig(path, metadata={"Software": None})
        plt.close(figure)


def _panel(axes: Axes, result: RaceResult, slots: int) -> None:
    lines = [line for line in result.lines if line.ratio]
    ratios = [line.ratio or math.nan for line in lines]
    places = range(len(lines))
    axes.barh(list(places), ratios, height=0.66, color=[_OURS if line.ours else _OTHERS for line in lines])
    for place, ratio in zip(places, ratios, strict=True):
        axes.annotate(
            f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}",  # noqa: PLR2004 -- three digits
            (ratio, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.set_yticks(list(places), [line.title for line in lines])
    for label, line in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if line.ours else "normal")
    axes.set_ylim(slots - 0.4, -0.6)  # bars are equally thick in all panels
    _scale(axes, max(ratios))
    axes.axvline(1.0, color="#333333", linewidth=1.0)
    if target := result.race.limit.target:
        axes.axvline(target, color=_TARGET, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.annotate(
            f"target {target:.2f}",
            (target, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            ha="center",
            textcoords="offset points",
            color=_TARGET,
            fontsize=7.5,
        )
    dress(axes, grid=False)
    axes.grid(visible=True, axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_title(
        f"{result.race.name}\n{result.race.load.title}, {result.race.rows:,} rows", loc="left", fontsize=9, pad=15
    )


def _scale(axes: Axes, largest: float) -> None:
    """Use a logarithm only where tools differ by much: bars are read best from zero."""
    if largest > 8:  # noqa: PLR2004 -- where the shortest bars become hard to tell apart
        axes.set_xscale("log")
        axes.set_xlim(0.7, largest * 1.6)
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0,) if largest > 100 else (1.0, 2.0, 5.0)))  # noqa: PLR2004 -- labels would touch
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel("times the limit (logarithmic)")
    else:
        axes.set_xlim(0, max(largest, 1.6) * 1.15)
        axes.set_xlabel("times the limit")
