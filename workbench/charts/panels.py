"""Draws small multiples: the lines of a metric against one parameter, a panel for each value of another."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib import pyplot as plt

from workbench.charts.levels import draw_levels, levels_of, name_levels
from workbench.charts.style import chart_style, dress, label_of, value_texts
from workbench.charts.tidy import rows_of_metric
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["panels"]

_MOST: Final = 24
_MOST_COLUMNS: Final = 4
_PANEL: Final = (2.0, 1.75)  # inches
_TITLE: Final = 26  # letters that fit above a panel
_AROUND: Final = (1.9, 0.6)  # for the labels and the legend


def panels(
    frame: pd.DataFrame,
    *,
    x: str,
    panel: str,
    hue: str | None = None,
    metric: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> npt.NDArray[np.object_]:
    """Draw the mean of a metric against `x` in a panel for each value of `panel`; all share their scales.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame: columns `x`, `panel`, `hue`, ``metric``, ``mean``, ``ci_low``, ``ci_high``.
    x : str
        Column of the horizontal axes.
    panel : str
        Column with one panel per value, at most 24.
    hue : str, optional
        Column with one line per value, which looks the same in every panel.
    metric : str, optional
        The metric to draw; needed where the frame holds several.
    labels : mapping of str to str, optional
        Wording of columns and metrics, such as ``{"mean_wait": "Mean wait (s)"}``.

    Returns
    -------
    ndarray of Axes, shape (panels,)
        The panels of a new figure, by value.

    Raises
    ------
    QueryError
        If a column or the metric is missing, the frame is empty, several rows fall on one point of a line, or there are
        too many panels.
    """
    places = [panel, x, *([] if hue is None else [hue])]
    metric, rows = rows_of_metric(frame, metric=metric, axes=places, values=["mean", "ci_low", "ci_high"])
    groups = [(value, group) for value, group in rows.groupby(panel, sort=True)]
    if len(groups) > _MOST:
        raise QueryError(f"{panel!r} has {len(groups)} values, and {_MOST} panels can be read: choose some of them")
    levels = levels_of(rows, hue)
    with chart_style():
        axes = _new_panels(len(groups))
        for ax, text, (_, group) in zip(axes, value_texts(value for value, _ in groups), groups, strict=True):
            dress(ax, grid=True)
            draw_levels(ax, group, levels, x=x, hue=hue)
            ax.set_title(_title(label_of(panel, labels), text), fontsize="medium")
        figure = axes[0].figure
        size = axes[0].xaxis.label.get_fontsize()
        figure.supxlabel(label_of(x, labels), fontsize=size)
        figure.supylabel(label_of(metric, labels), fontsize=size)
        name_levels(figure, rows, levels, hue=hue, labels=labels, beside=axes, loc="outside right center")
    return np.array(axes, dtype=object)


def _title(name: str, value: str) -> str:
    title = f"{name} = {value}"
    return title if len(title) <= _TITLE else f"{textwrap.fill(name, _TITLE)}\n= {value}"


def _new_panels(count: int) -> list[Axes]:
    """Make a figure of panels side by side, the last row filled from the left."""
    columns = count if count < _MOST_COLUMNS else min(math.ceil(math.sqrt(count)), _MOST_COLUMNS)
    height = math.ceil(count / columns)
    size = (_PANEL[0] * columns + _AROUND[0], _PANEL[1] * height + _AROUND[1])
    _, grid = plt.subplots(height, columns, sharex=True, sharey=True, squeeze=False, figsize=size)
    axes: list[Any] = grid.ravel().tolist()
    for place in range(count, len(axes)):
        axes[place].remove()
        # Nothing is below it any more that would carry the ticks.
        axes[place - columns].tick_params(labelbottom=True)
    return axes[:count]
