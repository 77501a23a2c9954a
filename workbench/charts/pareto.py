"""Draws the trade-off between two metrics: every point, and those that no other point dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.charts.style import OKABE_ITO, axes_or_new, chart_style, dress, label_of
from workbench.charts.tidy import demand_columns
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["pareto"]

_FRONT: Final = OKABE_ITO[1]
_DOMINATED: Final[dict[str, Any]] = {"color": OKABE_ITO[0], "alpha": 0.35, "s": 18, "linewidth": 0}
_WORDS: Final = {"min": "less is better", "max": "more is better"}


def pareto(
    frame: pd.DataFrame,
    *,
    goals: Mapping[str, Literal["min", "max"]],
    x: str | None = None,
    y: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw points by two metrics, and mark the efficient ones.

    Where there are no other goals, a staircase parts what is dominated from what nobody reached.

    Parameters
    ----------
    frame : DataFrame
        One row per point: a column for each metric, and ``efficient``, as `workbench.analysis.score.pareto` makes it.
        Points that lack a metric are counted, not drawn.
    goals : mapping of str to 'min' or 'max'
        What is better of each metric that ``efficient`` heeds.
    x, y : str, optional
        The metrics to draw; the first two of `goals` by default.
    labels : mapping of str to str, optional
        Wording of metrics, such as ``{"mean_wait": "Mean wait (s)"}``.
    ax : Axes, optional
        Where to draw; a new figure is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure.

    Raises
    ------
    QueryError
        If a column is missing, no point has both metrics, or `x` and `y` are not two of the goals.
    """
    x, y = _two_of(goals, x, y)
    demand_columns(frame, [*goals, "efficient"])
    drawn = frame.dropna(subset=list(goals))
    if drawn.empty:
        raise QueryError(f"no point of the frame has all of {', '.join(map(repr, goals))}")
    front = drawn[drawn["efficient"]].sort_values([x, y])
    rest = drawn[~drawn["efficient"]]
    with chart_style():
        ax = axes_or_new(ax)
        dress(ax, grid=True)
        ax.scatter(rest[x], rest[y], label=f"dominated ({len(rest):,})", **_DOMINATED)
        if len(goals) == 2:  # noqa: PLR2004 -- the two that are drawn
            steps: Any = "steps-post" if goals[x] == "min" else "steps-pre"
            ax.plot(front[x], front[y], color=_FRONT, linewidth=1.0, drawstyle=steps, label="_front")
        ax.scatter(front[x], front[y], color=_FRONT, marker="D", s=26, zorder=3, label=f"efficient ({len(front):,})")
        ax.set_xlabel(f"{label_of(x, labels)}, {_WORDS[goals[x]]}")
        ax.set_ylabel(f"{label_of(y, labels)}, {_WORDS[goals[y]]}")
        _explain(ax, left_out=len(frame) - len(drawn))
    return ax


def _two_of(goals: Mapping[str, str], x: str | None, y: str | None) -> tuple[str, str]:
    free = iter([name for name in goals if name not in {x, y}])
    chosen = [name or next(free, "") for name in (x, y)]
    if len(set(chosen) & set(goals)) < len(chosen):
        raise QueryError(f"x and y must be two different metrics of the goals, which are {', '.join(map(repr, goals))}")
    return chosen[0], chosen[1]


def _explain(ax: Axes, *, left_out: int) -> None:
    legend = ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2, columnspacing=1.2)
    if left_out:
        ax.text(
            1.0,
            1.02,
            f"{left_out:,} without a good row",
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=legend.get_texts()[0].get_fontsize(),
        )
