"""Asks a run what a call says, and returns the picture that its chart is and the table that it was drawn of."""

from __future__ import annotations

import io
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    import pandas as pd

    from workbench.runs.run import Run
    from workbench.widgets.explorer_state import Call

__all__ = ["Drawn", "draw", "table_html"]

_LINES = 200


class Drawn(NamedTuple):
    """What a call has answered; `picture` is PNG, None where the call draws nothing."""

    picture: bytes | None
    table: pd.DataFrame


def draw(run: Run, call: Call) -> Drawn:
    """Make a call.

    Parameters
    ----------
    run : Run
        Of which run.
    call : Call
        A chart, or a table.

    Returns
    -------
    Drawn

    Raises
    ------
    QueryError
        If the question cannot be asked, or its answer not be drawn.
    """
    # Both are loaded by those who draw.
    from matplotlib import pyplot as plt  # noqa: PLC0415

    from workbench.runs.plots import Plots  # noqa: PLC0415

    asked = _Asked(run)
    if call.method == "aggregate":
        return Drawn(None, asked.aggregate(*call.arguments, **call.options))
    asked.plot = Plots(cast("Run", asked))
    before = set(plt.get_fignums())
    # The same call as the code's makes the same figure, whatever size its chart chooses. pyplot keeps it, and a
    # notebook would show it once more under the next cell.
    try:
        with plt.ioff():
            axes = attrgetter(call.method)(asked)(*call.arguments, **call.options)
        picture = io.BytesIO()
        getattr(axes, "flat", [axes])[0].figure.savefig(picture, format="png")
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    return Drawn(picture.getvalue(), asked.answer)


def table_html(frame: pd.DataFrame) -> str:
    """Show the first lines of a table for an `ipywidgets.HTML`; its texts are escaped."""
    html = frame.head(_LINES).to_html(index=False, border=0, classes="wb-table", na_rep="")
    more = f"the first {_LINES} of {len(frame):,} lines" if len(frame) > _LINES else f"{len(frame):,} lines"
    return f'<div class="wb-scroll">{html}</div><div class="wb-hint">{more}</div>'


class _Asked:
    """A run as its charts see it, which keeps what it answered: the table costs no second query."""

    plot: Any

    def __init__(self, run: Run) -> None:
        self.manifest = run.manifest
        self.answer: Any = None
        self._run = run

    def aggregate(self, **options: Any) -> pd.DataFrame:
        return self._keep(self._run.aggregate(**options))

    def pareto(self, *goals: Any, **options: Any) -> pd.DataFrame:
        return self._keep(self._run.pareto(*goals, **options))

    def effects(self, *metric: Any, **options: Any) -> pd.DataFrame:
        return self._keep(self._run.effects(*metric, **options))

    def _keep(self, answer: pd.DataFrame) -> pd.DataFrame:
        self.answer = answer
        return answer
