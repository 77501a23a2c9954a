"""The widgets of one parameter of a grid: its kind, its fields, its zip group, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from workbench.widgets.grid_entries import Entry, Kind, kinds_for
from workbench.widgets.grid_parts import hint, label, several
from workbench.widgets.style import error_text, hint_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.contract import ParameterSpec

__all__ = ["ParameterRow"]

_FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    "default": (),
    "fixed": ("value",),
    "list": ("values",),
    "range": ("start", "stop (left out)", "step"),
    "linspace": ("first", "last", "number"),
    "logspace": ("first power of 10", "last power of 10", "number"),
}
_CLASSES: Final = ("value", "stop", "count")
_LONG: Final = ("fixed", "list")
_EXAMPLES: Final = {"float": "0.5, 0.7, 0.9", "int": "1, 2, 4", "bool": "true, false", "str": "one, two"}
_FIT: Final = {"description_width": "initial"}


class ParameterRow:
    """One parameter, as `box`.

    Parameters
    ----------
    parameter : ParameterSpec
        Which one.
    entry : Entry
        What is shown first.
    groups : int
        How many groups of zipped parameters there can be.
    changed : callable
        Called with the new entry when a person has changed something.
    """

    def __init__(
        self, parameter: ParameterSpec, entry: Entry, *, groups: int, changed: Callable[[Entry], None]
    ) -> None:
        self._parameter = parameter
        name = parameter.name
        tooltip = hint(parameter)
        self.kind = ipywidgets.Dropdown(
            options=list(dict.fromkeys((*kinds_for(parameter), entry.kind))),
            value=entry.kind,
            description=label(parameter),
            tooltip=tooltip,
            style=_FIT,
            layout={"width": "auto", "max_width": "100%"},
        )
        self.texts = tuple(
            ipywidgets.Text(
                value=text,
                description_allow_html=True,
                tooltip=tooltip,
                style=_FIT,
                layout={"width": "auto", "max_width": "100%"},
            )
            for text in entry.texts
        )
        self.group = ipywidgets.Dropdown(
            options=[("product", 0), *((f"zip {number}", number) for number in range(1, groups + 1))],
            value=entry.group,
            description=f'<span class="wb-grid-unseen">{name} </span>combine by',
            description_allow_html=True,
            tooltip="Parameters of one zip group walk together; a product combines everything with everything",
            style=_FIT,
            layout={"width": "auto"},
        )
        self._error = ipywidgets.HTML()
        self._fields = ipywidgets.HBox([self.kind, *self.texts, self.group]).add_class("wb-row")
        self.box = ipywidgets.VBox([self._fields, ipywidgets.HTML(hint_text(tooltip)), self._error])
        self._name(name)
        self._arrange(entry)
        self._changed = changed
        for widget in (self.kind, self.group, *self.texts):
            widget.observe(self._tell, names="value")

    @property
    def error(self) -> str:
        """What stands in the error line, as HTML; empty where nothing is wrong."""
        return str(self._error.value)

    def show_faults(self, messages: Sequence[str]) -> None:
        """Show what is wrong, at the fields."""
        self._error.value = error_text(several(messages))
        (self.box.add_class if messages else self.box.remove_class)("wb-grid-faulty")

    def close(self) -> None:
        """Take the widgets from the page."""
        for widget in (*self._fields.children, *self.box.children, self.box):
            widget.close()

    def _tell(self, _: Any) -> None:
        first, second, third = (str(text.value) for text in self.texts)
        entry = Entry(kind=self.kind.value, texts=(first, second, third), group=self.group.value)
        self._arrange(entry)
        self._changed(entry)

    def _arrange(self, entry: Entry) -> None:
        """Show the fields of a kind alone, each under its name."""
        fields = _FIELDS[entry.kind]
        example = _EXAMPLES[self._parameter.type]
        for position, text in enumerate(self.texts):
            shown = position < len(fields)
            text.layout.display = None if shown else "none"
            # A screen reader tells the fields of one parameter from those of the others.
            word = fields[position] if shown else "unused"
            text.description = f'<span class="wb-grid-unseen">{self._parameter.name} </span>{word}'
            text.placeholder = {"list": example, "fixed": example.partition(",")[0]}.get(entry.kind, "")
        (self.texts[0].add_class if entry.kind in _LONG else self.texts[0].remove_class)("wb-grid-wide")
        several_axes = len(self.group.options) > 1
        self.group.layout.display = None if entry.varies and several_axes else "none"

    def _name(self, name: str) -> None:
        """Give the widgets the classes that stylesheets and tests know them by."""
        self.box.add_class("wb-grid-parameter").add_class(f"wb-grid-parameter-{name}")
        self.kind.add_class(f"wb-grid-kind-{name}").add_class("wb-label")
        for text, word in zip(self.texts, _CLASSES, strict=True):
            text.add_class(f"wb-grid-{word}-{name}")
        self.group.add_class(f"wb-grid-zip-{name}")
        self._error.add_class(f"wb-grid-error-{name}")
