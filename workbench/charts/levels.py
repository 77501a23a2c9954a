"""The levels of a hue: how the line of each looks, and the legend or the colour bar that names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from workbench.charts.style import MARKERS, OKABE_ITO, label_of, sequential_colours, thinned, value_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Level", "draw_levels", "levels_of", "name_levels"]

_BAND_ALPHA = 0.18
_LEGEND_ROWS = 12
_TICKS_OF_COLOUR_BAR = 7
_EDGE: Final[dict[str, Any]] = {"markeredgecolor": "white", "markeredgewidth": 0.5}
# Where nothing can be drawn, as shares of the height: crosses of neighbouring levels stand above each other.
_LOWEST_CROSS = 0.02
_CROSS_STEP = 0.03
_CROSS_ROWS = 3


@dataclass(frozen=True)
class Level:
    """One value of a hue, and how its line looks; `value` is None where there is only one line."""

    value: object
    text: str
    colour: str
    marker: str


def levels_of(rows: pd.DataFrame, hue: str | None) -> list[Level]:
    """Give every value of the hue its looks.

    Parameters
    ----------
    rows : DataFrame
        All that is drawn.
    hue : str or None
        Its column with one line per value.

    Returns
    -------
    list of Level
        By value; only one where there is no hue.
    """
    if hue is None:
        return [Level(value=None, text="mean", colour=OKABE_ITO[0], marker=MARKERS[0])]
    values = sorted(rows[hue].unique())
    few = len(values) <= len(OKABE_ITO)
    colours = list(OKABE_ITO[: len(values)]) if few else sequential_colours(len(values))
    markers = MARKERS[: len(values)] if few else MARKERS[:1] * len(values)
    looks = zip(values, value_texts(values), colours, markers, strict=True)
    return [Level(value=value, text=text, colour=colour, marker=marker) for value, text, colour, marker in looks]


def draw_levels(ax: Axes, rows: pd.DataFrame, levels: Sequence[Level], *, x: str, hue: str | None) -> None:
    """Draw the line of each level in its band; a cross at the foot is where a point has no good row.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    rows : DataFrame
        Columns `x`, `hue`, ``mean``, ``ci_low``, ``ci_high``.
    levels : sequence of Level
        As of `levels_of`; those that `rows` does not have are left out.
    x, hue : str
        Columns.
    """
    for order, level in enumerate(levels):
        of_level = rows if hue is None else rows[rows[hue] == level.value]
        if not of_level.empty:
            _draw_level(ax, of_level, level, x=x, foot=_LOWEST_CROSS + _CROSS_STEP * (order % _CROSS_ROWS))


def name_levels(
    host: Axes | Figure | SubFigure,
    rows: pd.DataFrame,
    levels: Sequence[Level],
    *,
    hue: str | None,
    labels: Mapping[str, str] | None,
    beside: Sequence[Axes],
    **place: Any,
) -> None:
    """Name the levels, by a colour bar where they are many numbers, and explain the bands and the crosses.

    Parameters
    ----------
    host : Axes, Figure or SubFigure
        What gets the legend.
    rows : DataFrame
        All that is drawn.
    levels : sequence of Level
        As of `levels_of`.
    hue : str or None
        Column of the levels.
    labels : mapping of str to str, or None
        The wordings that the caller chose.
    beside : sequence of Axes
        What a colour bar stands beside.
    **place
        Where the legend goes.
    """
    barred = hue is not None and _is_sequential(rows[hue])
    title = None if hue is None else label_of(hue, labels)
    if barred:
        _add_colour_bar(beside, levels, title or "")
    handles = _handles(rows, [] if barred else levels)
    if handles:
        columns = 1 if barred else 1 + len(levels) // _LEGEND_ROWS
        host.legend(handles=handles, title=None if barred else title, alignment="left", ncols=columns, **place)


def _is_sequential(levels: pd.Series) -> bool:
    """Whether a legend could not be read, and a colour bar can."""
    return is_numeric_dtype(levels) and not is_bool_dtype(levels) and levels.nunique() > len(OKABE_ITO)


def _handles(rows: pd.DataFrame, levels: Sequence[Level]) -> list[Artist]:
    handles: list[Artist] = [
        Line2D([], [], color=level.colour, marker=level.marker, label=level.text, **_EDGE) for level in levels
    ]
    if handles and rows["ci_low"].notna().any():
        handles.append(Patch(facecolor="#777777", alpha=0.3, linewidth=0, label="95 % CI"))
    if rows["mean"].isna().any():
        handles.append(Line2D([], [], color="#777777", marker="x", linestyle="none", label="no good row"))
    return handles


def _add_colour_bar(axes: Sequence[Axes], levels: Sequence[Level], title: str) -> None:
    norm = BoundaryNorm(np.arange(len(levels) + 1) - 0.5, len(levels))
    colours = ListedColormap([level.colour for level in levels])
    bar = axes[0].figure.colorbar(ScalarMappable(norm=norm, cmap=colours), ax=list(axes), label=title)
    bar.minorticks_off()
    shown = thinned(len(levels), at_most=_TICKS_OF_COLOUR_BAR)
    bar.set_ticks(list(shown), labels=[levels[place].text for place in shown])


def _draw_level(ax: Axes, rows: pd.DataFrame, level: Level, *, x: str, foot: float) -> None:
    places, means = rows[x].to_numpy(), rows["mean"].to_numpy(dtype=float)
    low, high = rows["ci_low"].to_numpy(), rows["ci_high"].to_numpy()
    ax.fill_between(places, low, high, color=level.colour, alpha=_BAND_ALPHA, linewidth=0)
    ax.plot(places, means, color=level.colour, label=level.text, marker=level.marker, **_EDGE)
    failed = places[np.isnan(means)]
    if len(failed):
        ax.plot(
            failed,
            np.full(len(failed), foot),
            color=level.colour,
            label="_no good row",
            linestyle="none",
            marker="x",
            transform=ax.get_xaxis_transform(),
        )
