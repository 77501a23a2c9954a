"""The explorer of a run's results: what is chosen is drawn, with the code that draws the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.widgets.explorer_draw import draw
from workbench.widgets.explorer_state import first_state, offer_of
from workbench.widgets.explorer_view import ExplorerView
from workbench.widgets.kernel import after_typing

if TYPE_CHECKING:
    import pandas as pd

    from workbench.runs.run import Run
    from workbench.widgets.explorer_state import ExplorerState

__all__ = ["ResultsExplorer"]


class ResultsExplorer:
    """Shows the results of a run as charts and tables, chosen by clicking.

    Parameters
    ----------
    run : Run
        Whose results.
    at_once : bool, optional
        Whether to draw whenever something is chosen, or when the button is clicked; by default at once where a query
        costs nothing.

    Attributes
    ----------
    state : ExplorerState
        What is chosen.
    table : pandas.DataFrame or None
        What the run answered last.
    view : ExplorerView
        Its widgets; ``view.box`` is all of them, for those who show it within another panel.
    """

    def __init__(self, run: Run, *, at_once: bool | None = None) -> None:
        self.state: ExplorerState
        self.table: pd.DataFrame | None = None
        offer = offer_of(run.manifest)
        self.view = ExplorerView(offer, first_state(offer))
        self._run = run
        self._at_once = not run.deployment.billed if at_once is None else at_once
        for widget in self.view.inputs:
            widget.observe(lambda _: self._chosen(), names="value")
        self.view.draw.on_click(lambda _: after_typing(self._draw))
        self._chosen()

    @property
    def code(self) -> str:
        """The Python of what is chosen, of a run that is named ``run``; empty while something is wrong."""
        return "" if self.state.faults else self.state.code

    def _chosen(self) -> None:
        self.state = self.view.state
        self.view.show(self.state)
        if self.state.faults:
            self.view.show_busy(
                "what is shown is not what is chosen: see the fields" if self.table is not None else None
            )
        elif self._at_once:
            self._draw()
        else:
            self.view.show_busy("Draw asks the run; the query may cost something")

    def _draw(self) -> None:
        if self.state.faults:
            return
        self.view.show_busy("drawing …")
        try:
            drawn = draw(self._run, self.state.call)
        except Exception as error:  # noqa: BLE001 -- shown in the panel: nobody reads what a click raises
            known = isinstance(error, WorkbenchError)
            self.view.show_error(str(error) if known else f"{type(error).__name__}: {error}")
            self.view.show_busy("what is shown is not what is chosen" if self.table is not None else None)
            return
        self.table = drawn.table
        self.view.show_error(None)
        self.view.show_drawn(drawn)
        self.view.show_busy(None)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Be displayed as the widgets; where they cannot be, as in a saved notebook, words stand instead."""
        bundle: dict[str, Any] = self.view.box._repr_mimebundle_()
        return bundle | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"ResultsExplorer({self._run.run_id})"
