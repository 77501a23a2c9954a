"""Draws a metric's mean against one parameter: a line with its 95 % band for each level of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from workbench.charts.style import (
    MARKERS,
    OKABE_ITO,
    axes_or_new,
    chart_style,
    dress,
    label_of,
    sequential_colours,
    thinned,
    value_texts,
)
from workbench.charts.tidy import rows_of_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["lines"]

_BAND_ALPHA = 0.18
_LEGEND_ROWS = 12
_TICKS_OF_COLOUR_BAR = 7


@dataclass(frozen=True)
class _Level:
    """One line of the chart and how it looks."""

    text: str
    colour: str
    marker: str
    rows: pd.DataFrame


def lines(
    frame: pd.DataFrame,
    *,
    x: str,
    hue: str | None = None,
    metric: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of a metric against `x`, with the 95 % confidence band of the mean.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame: columns `x`, `hue`, ``metric``, ``mean``, ``ci_low``, ``ci_high``; one row per point of a line.
    x : str
        Column of the horizontal axis.
    hue : str, optional
        Column with one line per value. More than eight numeric values are drawn in a sequential colour map.
    metric : str, optional
        The metric to draw; needed where the frame holds several.
    labels : mapping of str to str, optional
        Wording of columns and metrics, such as ``{"mean_wait": "Mean wait (s)"}``.
    ax : Axes, optional
        Where to draw; a new figure is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure.

    Raises
    ------
    QueryError
        If a column or the metric is missing, the frame is empty, or several rows fall on one point of a line.
    """
    metric, rows = rows_of_metric(
        frame, metric=metric, axes=[x] if hue is None else [x, hue], values=["mean", "ci_low", "ci_high"]
    )
    levels = _levels(rows, hue)
    with chart_style():
        ax = axes_or_new(ax)
        dress(ax, grid=True)
        drawn = [_draw_level(ax, level, x) for level in levels]
        ax.set_xlabel(label_of(x, labels))
        ax.set_ylabel(label_of(metric, labels))
        if hue is not None and _is_sequential(rows[hue]):
            _add_colour_bar(ax, levels, label_of(hue, labels))
        else:
            title = None if hue is None else label_of(hue, labels)
            _add_legend(ax, drawn, title=title, banded=bool(rows["ci_low"].notna().any()))
    return ax


def _levels(rows: pd.DataFrame, hue: str | None) -> list[_Level]:
    if hue is None:
        return [_Level(text="mean", colour=OKABE_ITO[0], marker=MARKERS[0], rows=rows)]
    values, groups = zip(*rows.groupby(hue, sort=True), strict=True)
    few = len(groups) <= len(OKABE_ITO)
    colours = list(OKABE_ITO[: len(groups)]) if few else sequential_colours(len(groups))
    markers = MARKERS[: len(groups)] if few else MARKERS[:1] * len(groups)
    texts = value_texts(values)
    return [
        _Level(text=text, colour=colour, marker=marker, rows=group)
        for text, colour, marker, group in zip(texts, colours, markers, groups, strict=True)
    ]


def _is_sequential(levels: pd.Series) -> bool:
    return is_numeric_dtype(levels) and not is_bool_dtype(levels) and levels.nunique() > len(OKABE_ITO)


def _draw_level(ax: Axes, level: _Level, x: str) -> Line2D:
    places = level.rows[x].to_numpy()
    low, high = level.rows["ci_low"].to_numpy(), level.rows["ci_high"].to_numpy()
    ax.fill_between(places, low, high, color=level.colour, alpha=_BAND_ALPHA, linewidth=0)
    (line,) = ax.plot(
        places,
        level.rows["mean"].to_numpy(),
        color=level.colour,
        label=level.text,
        marker=level.marker,
        markeredgecolor="white",
        markeredgewidth=0.5,
    )
    return line


def _add_legend(ax: Axes, drawn: list[Line2D], *, title: str | None, banded: bool) -> None:
    band = [Patch(facecolor="#777777", alpha=0.3, linewidth=0, label="95 % CI")] if banded else []
    ax.legend(handles=[*drawn, *band], title=title, alignment="left", ncols=1 + len(drawn) // _LEGEND_ROWS)


def _add_colour_bar(ax: Axes, levels: list[_Level], title: str) -> None:
    """Name the levels by a colour bar: a legend of more than eight lines cannot be read."""
    norm = BoundaryNorm(np.arange(len(levels) + 1) - 0.5, len(levels))
    colours = ListedColormap([level.colour for level in levels])
    bar = ax.figure.colorbar(ScalarMappable(norm=norm, cmap=colours), ax=ax, label=title)
    bar.minorticks_off()
    shown = thinned(len(levels), at_most=_TICKS_OF_COLOUR_BAR)
    bar.set_ticks(list(shown), labels=[levels[place].text for place in shown])
