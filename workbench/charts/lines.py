"""Draws a metric's mean against one parameter: a line with its 95 % band for each level of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.charts.levels import draw_levels, levels_of, name_levels
from workbench.charts.style import axes_or_new, chart_style, dress, label_of
from workbench.charts.tidy import rows_of_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["lines"]


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

    A cross at the foot of the chart is where a point has no good row.

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
    levels = levels_of(rows, hue)
    with chart_style():
        ax = axes_or_new(ax)
        dress(ax, grid=True)
        draw_levels(ax, rows, levels, x=x, hue=hue)
        ax.set_xlabel(label_of(x, labels))
        ax.set_ylabel(label_of(metric, labels))
        name_levels(ax, rows, levels, hue=hue, labels=labels, beside=[ax])
    return ax
