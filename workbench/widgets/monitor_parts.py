"""The parts of a monitor that are HTML: the map of its shards, the table of its failures, and its chart's picture."""

from __future__ import annotations

import math
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.contract import Manifest
    from workbench.runs.partial_chart import ChartChoice
    from workbench.runs.run import Run
    from workbench.widgets.monitor_state import Failure

__all__ = ["MOST_CELLS", "cells_of", "draw_points", "failures_table", "shard_grid"]

MOST_CELLS: Final = 1_000
_WIDEST: Final = 50  # cells of a line
_CELL: Final = 12  # pixels, of which the last is a gap
_LONGEST: Final = 300  # characters of a message

# What a cell of several shards shows: the state that wants attention most.
_URGENCY: Final = ("failed", "cancelled", "partly done", "missing", "succeeded")


def cells_of(states: Sequence[str], *, most: int = MOST_CELLS) -> tuple[list[str], int]:
    """Put shards together until there are few enough cells.

    Parameters
    ----------
    states : sequence of {'succeeded', 'failed', 'cancelled', 'partly done', 'missing'}
        One for each shard, in order.
    most : int
        Cells, at most.

    Returns
    -------
    (list of str, int)
        The state of each cell, which is the most urgent one of its shards; and the shards of a cell.
    """
    per_cell = max(1, math.ceil(len(states) / most))
    groups = (states[start : start + per_cell] for start in range(0, len(states), per_cell))
    return [min(group, key=_URGENCY.index) for group in groups], per_cell


def shard_grid(states: Sequence[str]) -> str:
    """Draw the state of each shard as a small SVG with a legend; empty where there is no shard.

    Parameters
    ----------
    states : sequence of str
        As of `cells_of`.

    Returns
    -------
    str
        HTML.
    """
    if not states:
        return ""
    from workbench.charts.shard_map import STATE_COLOURS  # noqa: PLC0415 -- matplotlib is loaded by those who draw

    # What is missing is to stand back, in the light and in the dark.
    colours = STATE_COLOURS | {"missing": "var(--jp-border-color2, #bdbdbd)"}
    cells, per_cell = cells_of(states)
    columns = min(_WIDEST, max(math.ceil(math.sqrt(3 * len(cells))), 1), len(cells))
    width, height = columns * _CELL, math.ceil(len(cells) / columns) * _CELL
    side = _CELL - 1
    paths = []
    for state, colour in colours.items():
        places = (divmod(index, columns) for index, found in enumerate(cells) if found == state)
        # One path for all cells of a colour: the map travels anew whenever a shard has landed.
        squares = "".join(f"M{x * _CELL} {y * _CELL}h{side}v{side}h-{side}z" for y, x in places)
        paths += [f'<path style="fill:{colour}" d="{squares}"/>'] if squares else []
    counts = Counter(states)
    present = [(state, colour) for state, colour in colours.items() if counts[state]]
    words = ", ".join(f"{counts[state]:,} {state}" for state, _ in present)
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="color:{colour}" aria-hidden="true">&#9632;</span> '
        f"{state} ({counts[state]:,})</span>"
        for state, colour in present
    )
    together = f" Each cell is {per_cell:,} shards, and shows the most urgent state of them." if per_cell > 1 else ""
    return (
        f'<svg role="img" aria-label="Shards: {words}" viewBox="0 0 {width} {height}" '
        f'style="width:100%;max-width:{width}px;display:block">{"".join(paths)}</svg>'
        f'<div class="wb-hint">{len(states):,} shards: {legend}.{together}</div>'
    )


def failures_table(failures: Sequence[Failure]) -> str:
    """List failed rows by code, each with a message, as an HTML table; empty where none has failed."""
    if not failures:
        return ""
    lines = "".join(
        f"<tr><td>{escape(failure.code)}</td><td>{failure.rows:,}</td><td>{escape(_short(failure.message))}</td></tr>"
        for failure in failures
    )
    head = '<tr><th scope="col">Error</th><th scope="col">Rows</th><th scope="col">For example</th></tr>'
    return (
        '<div class="wb-scroll"><table class="wb-table"><caption>Rows that failed so far</caption>'
        f"<thead>{head}</thead><tbody>{lines}</tbody></table></div>"
    )


def draw_points(manifest: Manifest, choice: ChartChoice, points: pd.DataFrame) -> bytes:
    """Draw the chart of a run that has answered already; as PNG.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    choice : ChartChoice
        Which chart.
    points : DataFrame
        The answer.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    QueryError
        If there is nothing to draw.
    """
    from workbench.runs.partial_chart import draw_chart  # noqa: PLC0415 -- pandas is loaded by those who ask
    from workbench.runs.plots import Plots  # noqa: PLC0415 -- as above

    return draw_chart(Plots(cast("Run", _Answered(manifest, points))), choice)


class _Answered:
    """What charts ask of a run, answered beforehand: drawing, which is the kernel's, then waits for no query."""

    def __init__(self, manifest: Manifest, points: pd.DataFrame) -> None:
        self.manifest = manifest
        self._points = points

    def aggregate(self, **_: Any) -> pd.DataFrame:
        return self._points


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
