"""The widgets of a grid builder, and how a state is shown in them; what a click does is not known here."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from workbench.widgets.grid_parts import (
    GRID_CSS,
    copyable_code,
    plan_words,
    preview_table,
    several,
    size_words,
)
from workbench.widgets.grid_reading import GRID, REPLICATES, SEED, parameter_field
from workbench.widgets.grid_row import ParameterRow
from workbench.widgets.style import error_text, hint_text, stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.widgets.grid_entries import Entry
    from workbench.widgets.grid_form import GridForm
    from workbench.widgets.grid_state import GridState

__all__ = ["GridView"]

_FIT: Final = {"description_width": "initial"}
_WIDE: Final = {"width": "auto", "max_width": "100%"}
_SEEDINGS: Final = (
    ("independent: each point draws its own numbers", "independent"),
    ("common: all points draw the same numbers", "common"),
)


class GridView:
    """The widgets, which are `box` together.

    Parameters
    ----------
    experiments : sequence of str
        To choose from.
    backends : sequence of str
        Likewise.
    left_out : sequence of str
        Why there are no more experiments: what is wrong with the modules that should provide them.
    """

    def __init__(self, experiments: Sequence[str], backends: Sequence[str], left_out: Sequence[str]) -> None:
        self.experiment = _choice("Experiment", experiments, "What is evaluated")
        self.backend = _choice("Back end", backends or ["none"], "Where it is evaluated")
        self.backend.disabled = not backends
        self.run_id = _text("Earlier run", "Id of a run whose grid is to be loaded", "<experiment>-<...>")
        self.load = _button("Load", "Fill the form with the grid of that run")
        self.replicates = _text("Replicates", "Repetitions of every point, with other random numbers")
        self.seed = _text("Seed", "From 0 to 2**64 - 1; the same seed gives the same numbers")
        self.seeding = _choice("Seeding", _SEEDINGS, "Common numbers compare points with less variance")
        self.estimate = _button("Estimate", "Evaluate a few rows here, to tell what the run takes and costs")
        self.submit = _button("Submit", "")
        self.submit.button_style = "primary"
        self.rows: dict[str, ParameterRow] = {}
        self._rows = ipywidgets.VBox()
        self._shown_code: str | None = None
        self._left_out = ipywidgets.HTML(error_text(several(left_out)))
        self._doc, self._load_error, self._note = (ipywidgets.HTML() for _ in range(3))
        self._replicates_error, self._seed_error, self._size_error = (ipywidgets.HTML() for _ in range(3))
        self._size, self._preview, self._shards, self._estimate = (ipywidgets.HTML() for _ in range(4))
        self._estimate_error, self._reason, self._run, self._submit_error = (ipywidgets.HTML() for _ in range(4))
        self._code = ipywidgets.HTML()
        self._name()
        self.box = self._laid_out()

    def show_form(self, form: GridForm, changed: Callable[[str, Entry], None]) -> None:
        """Show another form: its texts in the fields, of which there are those of its experiment.

        Parameters
        ----------
        form : GridForm
            What is chosen and typed in it.
        changed : callable
            Called with a parameter's name and its new entry when a person has changed it.
        """
        before = list(self.rows.values())
        self.rows = {
            parameter.name: ParameterRow(
                parameter,
                form.entries[parameter.name],
                groups=form.groups,
                changed=partial(changed, parameter.name),
            )
            for parameter in form.spec.parameters
        }
        self._rows.children = [row.box for row in self.rows.values()]
        for row in before:
            row.close()
        self.experiment.value = form.spec.name
        self._doc.value = hint_text(form.spec.doc)
        self.replicates.value, self.seed.value, self.seeding.value = form.replicates, form.seed, form.seeding

    def show(self, state: GridState, *, code: str | None, final: bool) -> None:
        """Show what a form amounts to; what has not changed does not travel.

        Parameters
        ----------
        state : GridState
            What is known.
        code : str or None
            The equivalent code.
        final : bool
            Whether the plan of the shards is.
        """
        faults = state.reading.faults
        for name, row in self.rows.items():
            row.show_faults(faults.get(parameter_field(name), ()))
        self._replicates_error.value = error_text(several(faults.get(REPLICATES, ())))
        self._seed_error.value = error_text(several(faults.get(SEED, ())))
        refusal = (state.refusal,) if state.refusal else ()
        self._size_error.value = error_text(several((*faults.get(GRID, ()), *refusal)))
        self._size.value = f'<span role="status">{escape(size_words(state))}</span>'
        document = state.reading.document
        self._preview.value = preview_table(state.reading.preview(), document.n_points) if document else ""
        self._shards.value = hint_text(plan_words(state.plan, final=final))
        if code != self._shown_code or not self._code.value:
            self._shown_code = code
            self._code.value = copyable_code(code) or hint_text("The code appears here once the form has no errors.")
        self._load_error.value = error_text(state.load_fault)
        self._note.value = hint_text(state.note)
        self._show_actions(state)

    @property
    def text(self) -> dict[str, str]:
        """What stands in the texts, by the last words of their class; for those who look without a browser."""
        return {name: str(widget.value) for name, widget in self._texts().items()}

    def close(self) -> None:
        """Take every widget from the page."""
        for row in self.rows.values():
            row.close()
        for child in self.box.children:
            for inner in getattr(child, "children", ()):
                inner.close()
            child.close()
        self.box.close()

    def _show_actions(self, state: GridState) -> None:
        blocked = state.blocked
        self.submit.disabled = blocked is not None
        self.submit.tooltip = blocked or "Evaluate the grid"
        self._reason.value = hint_text(f"Submit: {blocked}" if blocked else None)
        self.estimate.disabled = state.estimate_blocked is not None
        self._estimate.value = f'<pre role="status">{escape(state.estimate_words)}</pre>'
        self._estimate_error.value = error_text(state.estimate_trouble)
        self._submit_error.value = error_text(state.trouble)
        run = f'<span role="status">submitted: <b>{escape(state.run_id)}</b></span>' if state.run_id else ""
        self._run.value = run

    def _laid_out(self) -> Any:
        style = ipywidgets.HTML(f"<style>{GRID_CSS}</style>", layout={"height": "0", "margin": "0"})
        box = ipywidgets.VBox(
            [
                stylesheet(),
                style,
                _row(self.experiment, self.backend),
                self._left_out,
                self._doc,
                _row(self.run_id, self.load),
                self._load_error,
                self._note,
                self._rows,
                _row(self.replicates, self.seed, self.seeding),
                self._replicates_error,
                self._seed_error,
                self._size,
                self._size_error,
                self._shards,
                self._preview,
                _row(self.estimate, self._estimate),
                self._estimate_error,
                _row(self.submit, self._reason, self._run),
                self._submit_error,
                self._code,
            ]
        )
        return box.add_class("wb").add_class("wb-grid")

    def _texts(self) -> dict[str, Any]:
        return {
            "left-out": self._left_out,
            "doc": self._doc,
            "load-error": self._load_error,
            "note": self._note,
            "replicates-error": self._replicates_error,
            "seed-error": self._seed_error,
            "size": self._size,
            "size-error": self._size_error,
            "shards": self._shards,
            "preview": self._preview,
            "estimate-text": self._estimate,
            "estimate-error": self._estimate_error,
            "reason": self._reason,
            "run": self._run,
            "submit-error": self._submit_error,
            "code": self._code,
        }

    def _name(self) -> None:
        """Give the widgets the classes that stylesheets and tests know them by."""
        for name, widget in {
            "experiment": self.experiment,
            "backend": self.backend,
            "run-id": self.run_id,
            "load": self.load,
            "replicates": self.replicates,
            "seed": self.seed,
            "seeding": self.seeding,
            "estimate": self.estimate,
            "submit": self.submit,
            "parameters": self._rows,
            **self._texts(),
        }.items():
            widget.add_class(f"wb-grid-{name}")


def _choice(name: str, options: Sequence[str | tuple[str, str]], tooltip: str) -> Any:
    return ipywidgets.Dropdown(options=list(options), description=name, tooltip=tooltip, style=_FIT, layout=_WIDE)


def _text(name: str, tooltip: str, placeholder: str = "") -> Any:
    return ipywidgets.Text(description=name, tooltip=tooltip, placeholder=placeholder, style=_FIT, layout=_WIDE)


def _button(text: str, tooltip: str) -> Any:
    return ipywidgets.Button(description=text, tooltip=tooltip, layout={"width": "auto"})


def _row(*widgets: Any) -> Any:
    return ipywidgets.HBox(widgets).add_class("wb-row")
