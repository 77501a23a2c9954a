"""The widgets of an explorer, how a state is read from them, and how its faults and answers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from workbench.analysis.statistics import STATISTICS
from workbench.widgets.explorer_draw import table_html
from workbench.widgets.explorer_state import FIELDS, KINDS, ExplorerState, Field
from workbench.widgets.style import code_block, error_text, hint_text, stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.widgets.explorer_draw import Drawn
    from workbench.widgets.explorer_state import Offer

__all__ = ["ExplorerView"]

_STATS: Final = (*STATISTICS, "p5", "p95")
_NONE: Final = "(none)"
_MOST_ROWS: Final = 6
_NOTHING: Final[dict[Field, tuple[()]]] = {"metrics": (), "maximised": (), "by": (), "stats": ()}
_LABELS: Final[dict[Field, str]] = {
    "metric": "Metric",
    "metrics": "Metrics",
    "maximised": "More is better",
    "x": "x axis",
    "y": "y axis",
    "hue": "Colour",
    "panel": "Panels",
    "by": "Group by",
    "stats": "Statistics",
}
_KINDS: Final = {
    "lines": "lines",
    "heatmap": "heatmap",
    "panels": "panels of lines",
    "pareto": "Pareto front",
    "effects": "effects of the parameters",
    "table": "table",
}


class ExplorerView:
    """The widgets, which are `box` together.

    Parameters
    ----------
    offer : Offer
        What there is to choose from.
    state : ExplorerState
        What is chosen at first.
    """

    def __init__(self, offer: Offer, state: ExplorerState) -> None:
        options = [(_KINDS[kind], kind) for kind in KINDS]
        self.kind = _classed(_dropdown("Show", options, state.kind), "kind")
        self.fields = {field: _field(field, offer, state) for field in _LABELS}
        self._faults = {field: _classed(ipywidgets.HTML(), f"{field}-error") for field in self.fields}
        self.places = {field: ipywidgets.VBox([self.fields[field], self._faults[field]]) for field in self.fields}
        self.filters = {name: _filter(name, values) for name, values in offer.values.items() if values is not None}
        self.draw = _classed(ipywidgets.Button(description="Draw", icon="refresh", layout={"width": "auto"}), "draw")
        names = ("busy", "error", "code", "table")
        self._busy, self._error, self._code, self._table = (_classed(ipywidgets.HTML(), name) for name in names)
        # Hidden until there is one: browsers show an empty picture as a broken one.
        chart = ipywidgets.Image(format="png", layout={"display": "none"})
        self._chart = _classed(chart, "chart")
        many = [name for name, values in offer.values.items() if values is None]
        uncounted = f"{', '.join(many)}: too many values to choose from" if many else ""
        self.box = ipywidgets.VBox(
            [
                stylesheet(),
                _row([self.kind]),
                _row(self.places.values()),
                _section("Only rows with (none chosen: all)"),
                _row(self.filters.values()),
                ipywidgets.HTML(hint_text(uncounted)),
                _row([self.draw, self._busy]),
                self._error,
                self._chart,
                _section("The same in Python"),
                self._code,
                self._table,
            ]
        )
        self.box.add_class("wb").add_class("wb-explorer")

    @property
    def state(self) -> ExplorerState:
        """What is chosen by now."""
        # A dropdown shows a value of None as no choice at all, so that nothing is the empty text.
        chosen: dict[str, Any] = {field: widget.value or _NOTHING.get(field) for field, widget in self.fields.items()}
        where = tuple((name, tuple(widget.value)) for name, widget in self.filters.items() if widget.value)
        return ExplorerState(kind=self.kind.value, where=where, **chosen)

    @property
    def inputs(self) -> list[Any]:
        """All widgets of which the state is read."""
        return [self.kind, *self.fields.values(), *self.filters.values()]

    def show(self, state: ExplorerState) -> None:
        """Show the fields that a state reads, what is wrong in them, and its code where nothing is."""
        faults = state.faults
        for field, place in self.places.items():
            place.layout.display = None if field in FIELDS[state.kind] else "none"
            self._faults[field].value = error_text(faults.get(field))
        self.draw.disabled = bool(faults)
        if not faults:
            self._code.value = code_block(state.code)

    def show_drawn(self, drawn: Drawn) -> None:
        """Show an answer."""
        self._chart.value = drawn.picture or b""
        self._chart.layout.display = None if drawn.picture else "none"
        self._table.value = table_html(drawn.table)

    def show_error(self, message: str | None) -> None:
        """Show why there is no new answer; None where there is one."""
        self._error.value = error_text(message)

    def show_busy(self, message: str | None) -> None:
        """Show that something goes on, or is to be done; None for nothing."""
        self._busy.value = hint_text(message)

    @property
    def picture(self) -> bytes:
        """The chart that is shown; empty where there is none."""
        return b"" if self._chart.layout.display == "none" else bytes(self._chart.value)

    @property
    def text(self) -> Mapping[str, str]:
        """What stands in the texts, by the last word of their class; for those who look without a browser."""
        texts = {"busy": self._busy, "error": self._error, "code": self._code, "table": self._table}
        faults = {f"{field}-error": widget.value for field, widget in self._faults.items()}
        return {name: widget.value for name, widget in texts.items()} | faults


def _field(field: Field, offer: Offer, state: ExplorerState) -> Any:
    value = getattr(state, field)
    label = _LABELS[field]
    match field:
        case "metric":
            widget = _dropdown(label, offer.metrics, value)
        case "metrics" | "maximised":
            widget = _several(label, offer.metrics, value)
        case "by":
            widget = _several(label, (*offer.parameters, "replicate"), value)
        case "stats":
            widget = _several(label, _STATS, value)
        case _:
            widget = _dropdown(label, [(_NONE, ""), *((name, name) for name in offer.parameters)], value or "")
    return _classed(widget, field)


def _filter(name: str, values: tuple[Any, ...]) -> Any:
    short = [f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]
    texts = short if len(set(short)) == len(short) else list(map(str, values))
    widget = _several(name, list(zip(texts, values, strict=True)), ())
    return _classed(widget, "filter").add_class(f"wb-explorer-filter-{name}")


def _dropdown(label: str, options: Any, value: object) -> Any:
    return ipywidgets.Dropdown(options=options, value=value, description=label, layout={"width": "auto"})


def _several(label: str, options: Any, value: tuple[Any, ...]) -> Any:
    rows = min(max(len(options), 2), _MOST_ROWS)
    layout = {"width": "auto", "min_width": "14em"}
    return ipywidgets.SelectMultiple(options=options, value=value, description=label, rows=rows, layout=layout)


def _classed(widget: Any, name: str) -> Any:
    return widget.add_class(f"wb-explorer-{name}").add_class("wb-label")


def _row(widgets: Iterable[Any]) -> Any:
    return ipywidgets.HBox(list(widgets)).add_class("wb-row")


def _section(title: str) -> Any:
    return ipywidgets.HTML(f'<div class="wb-section">{title}</div>')
