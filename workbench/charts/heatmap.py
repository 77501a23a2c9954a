"""Draws a metric's mean over the grid of two parameters, and shows where no good row is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, Rectangle

from workbench.charts.style import SEQUENTIAL, axes_or_new, chart_style, dress, label_of, thinned, value_texts
from workbench.charts.tidy import rows_of_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["heatmap"]

_TICKS = 7
_EMPTY_CELL: dict[str, Any] = {"facecolor": "#EEEEEE", "edgecolor": "#999999", "hatch": "/////", "linewidth": 0.0}


def heatmap(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    metric: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of a metric as a colour on the grid of `x` and `y`.

    Every value of an axis takes the same room, so that uneven grids can be read too; the ticks carry the true values.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame: columns `x`, `y`, ``metric``, ``mean``; one row per cell.
    x : str
        Column of the horizontal axis.
    y : str
        Column of the vertical axis.
    metric : str, optional
        The metric to draw; needed where the frame holds several.
    labels : mapping of str to str, optional
        Wording of columns and metrics, such as ``{"beta": "Infection rate (1/day)"}``.
    ax : Axes, optional
        Where to draw; a new figure is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure.

    Raises
    ------
    QueryError
        If a column or the metric is missing, the frame is empty, or several rows fall into one cell.
    """
    metric, rows = rows_of_metric(frame, metric=metric, axes=[x, y], values=["mean"])
    grid = rows.pivot_table(index=y, columns=x, values="mean", dropna=False, observed=True)
    means = np.ma.masked_invalid(grid.to_numpy(dtype=float))
    with chart_style():
        ax = axes_or_new(ax)
        dress(ax, grid=False)
        mesh = ax.pcolormesh(means, cmap=SEQUENTIAL)
        _hatch_empty_cells(ax, np.ma.getmaskarray(means))
        _tick_true_values(ax.xaxis, grid.columns)
        _tick_true_values(ax.yaxis, grid.index)
        ax.set_xlabel(label_of(x, labels))
        ax.set_ylabel(label_of(y, labels))
        bar = ax.figure.colorbar(mesh, ax=ax, label=label_of(metric, labels))
        bar.outline.set_visible(False)
    return ax


def _hatch_empty_cells(ax: Axes, empty: npt.NDArray[np.bool_]) -> None:
    cells = [Rectangle((float(column), float(row)), 1, 1) for row, column in np.argwhere(empty)]
    if not cells:
        return
    ax.add_collection(PatchCollection(cells, **_EMPTY_CELL))
    ax.legend(
        handles=[Patch(**_EMPTY_CELL, label="no good row")],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
    )


def _tick_true_values(axis: Axis, values: pd.Index) -> None:
    places = thinned(len(values), at_most=_TICKS)
    axis.set_ticks([place + 0.5 for place in places], labels=value_texts(values[place] for place in places))
