"""Draws which parameters matter: a bar for the share of variance of each parameter and pair of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from workbench.charts.style import OKABE_ITO, axes_or_new, chart_style, dress, label_of
from workbench.charts.tidy import demand_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["effects"]

_MOST: Final = 12
# No part of the variance that could be drawn: what the others lack of all of it, negative where they exceed it.
_SHARED: Final = "shared"
_BAR_INCHES: Final = 0.28
_AROUND_INCHES: Final = 1.1
_KINDS: Final = (
    ("all else", "#999999"),
    ("one parameter", OKABE_ITO[0]),
    ("interaction of two", OKABE_ITO[4]),
)


def effects(
    frame: pd.DataFrame,
    *,
    metric: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw shares of variance as horizontal bars, the largest on top.

    Parameters
    ----------
    frame : DataFrame
        Columns ``term``, ``parameters``, ``share``, as `workbench.analysis.effects.effects` makes it. Beyond the twelve
        largest, terms are drawn as one bar; where a row ``shared`` says that the grid is incomplete, so does the chart.
    metric : str, optional
        Whose variance it is.
    labels : mapping of str to str, optional
        Wording of parameters and the metric.
    ax : Axes, optional
        Where to draw; a new figure, as high as its bars need, is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure.

    Raises
    ------
    QueryError
        If a column is missing, or the frame is empty.
    """
    demand_columns(frame, ["term", "parameters", "share"])
    bars = _bars(frame, labels)
    texts, shares, kinds = (list(column) for column in zip(*bars, strict=True))
    of_what = "" if metric is None else f": {label_of(metric, labels)}"
    with chart_style():
        ax = axes_or_new(ax, size=(5.2, _AROUND_INCHES + _BAR_INCHES * len(bars)))
        dress(ax, grid=False)
        drawn = ax.barh(range(len(bars)), shares, color=[_KINDS[kind][1] for kind in kinds], height=0.72)
        ax.bar_label(drawn, labels=[_percent(share) for share in shares], padding=3, fontsize="small")
        ax.set_yticks(range(len(bars)), labels=texts)
        ax.tick_params(axis="y", length=0)
        ax.invert_yaxis()
        ax.margins(x=0.12)
        ax.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))
        ax.set_xlabel(f"Share of variance{of_what}{_caveat(frame)}")
        named = [_KINDS[kind] for kind in (1, 2, 0) if kind in kinds]
        ax.legend(
            handles=[Patch(facecolor=colour, label=text) for text, colour in named],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(named),
            borderaxespad=0.2,
            columnspacing=1.2,
        )
    return ax


def _bars(frame: pd.DataFrame, labels: Mapping[str, str] | None) -> list[tuple[str, float, int]]:
    """Return the text, the share and the number of parameters of each bar."""
    terms = frame[frame["parameters"].map(len) > 0].sort_values("share", ascending=False, kind="stable")
    others = frame[(frame["parameters"].map(len) == 0) & (frame["term"] != _SHARED)]
    shown, small = terms.iloc[:_MOST], terms.iloc[_MOST:]
    bars = [
        (" × ".join(label_of(name, labels) for name in names), share, len(names))
        for names, share in zip(shown["parameters"], shown["share"], strict=True)
    ]
    if len(small):
        bars.append((f"{len(small)} smaller terms", float(small["share"].sum()), 0))
    return bars + [
        (label_of(term, labels), share, 0) for term, share in zip(others["term"], others["share"], strict=True)
    ]


def _caveat(frame: pd.DataFrame) -> str:
    shared = frame.loc[frame["term"] == _SHARED, "share"]
    return "" if shared.empty else f"\n(incomplete grid: the shares add up to {_percent(1 - shared.iloc[0])})"


def _percent(share: float) -> str:
    text = f"{share:.1%}" if abs(share) < 0.1 else f"{share:.0%}"  # noqa: PLR2004 -- two digits that count
    return text.replace("%", " %")
