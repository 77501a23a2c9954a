"""Draws where a run stands: each of its shards as a cell, coloured by its state."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from workbench.charts.style import OKABE_ITO, axes_or_new, chart_style, dress
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["STATE_COLOURS", "shard_map"]

# Told apart by colour and, but for the two that ended badly, by lightness.
STATE_COLOURS: Final = {
    "succeeded": OKABE_ITO[0],
    "failed": OKABE_ITO[1],
    "cancelled": OKABE_ITO[3],
    "partly done": OKABE_ITO[5],
    "missing": "#E4E4E4",
}

_ROUND: Final = (5, 10, 20, 25, 50, 100, 150, 200, 250, 500, 1000)
_WIDTH: Final = 3.6  # inches, of the cells
_AROUND: Final = (2.2, 0.6)  # for the labels and the legend
_LINED: Final = 2000  # cells between which lines can be seen
_TICK_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MOST_TICKS: Final = 8


def shard_map(states: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw the state of each shard, line by line from the top left.

    Parameters
    ----------
    states : sequence of {'succeeded', 'failed', 'cancelled', 'partly done', 'missing'}
        One for each shard, in order.
    ax : Axes, optional
        Where to draw; a new figure, as high as its cells need, is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure.

    Raises
    ------
    QueryError
        If there is no shard, or a state is unknown.
    """
    numbers = _numbers(states)
    columns = _columns(len(states))
    lines = math.ceil(len(states) / columns)
    cells = np.full(lines * columns, np.nan)
    cells[: len(states)] = numbers
    with chart_style():
        ax = axes_or_new(ax, size=(_WIDTH + _AROUND[0], max(_WIDTH * lines / columns, 0.9) + _AROUND[1]))
        dress(ax, grid=False)
        ax.spines[:].set_visible(False)
        ax.pcolormesh(
            cells.reshape(lines, columns),
            cmap=ListedColormap(list(STATE_COLOURS.values())),
            vmin=-0.5,
            vmax=len(STATE_COLOURS) - 0.5,
            edgecolors="white",
            linewidth=0.6 if len(states) <= _LINED else 0.0,
        )
        ax.invert_yaxis()
        shown = _ticked(lines)
        ax.set_yticks([line + 0.5 for line in shown], labels=[f"{line * columns:,}" for line in shown])
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.set_ylabel("First shard of the line")
        ax.set_xlabel(f"{len(states):,} shards, {columns:,} to a line")
        _explain(ax, states)
    return ax


def _numbers(states: Sequence[str]) -> list[int]:
    if not states:
        raise QueryError("states: there is no shard to draw")
    known = {state: number for number, state in enumerate(STATE_COLOURS)}
    if unknown := sorted(set(states) - set(known)):
        raise QueryError(f"states: no state {unknown[0]!r}; shards are {', '.join(map(repr, known))}")
    return [known[state] for state in states]


def _columns(count: int) -> int:
    """Return a round number of cells to a line that makes the map about twice as wide as high."""
    return min(count, next((number for number in _ROUND if number**2 >= 2 * count), _ROUND[-1]))


def _ticked(lines: int) -> range:
    return range(0, lines, next((step for step in _TICK_STEPS if step * _MOST_TICKS >= lines), lines))


def _explain(ax: Axes, states: Sequence[str]) -> None:
    counts = Counter(states)
    handles = [
        Patch(facecolor=colour, label=f"{state} ({counts[state]:,})")
        for state, colour in STATE_COLOURS.items()
        if counts[state]
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.4)
