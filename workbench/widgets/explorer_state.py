"""What is asked of a run's results: a frozen value, its faults, and the call and the code that it stands for.

No widget is known here, and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from workbench.analysis.statistics import DEFAULT_STATS
from workbench.widgets.explorer_space import distinct_values

if TYPE_CHECKING:
    from workbench.contract import Manifest
    from workbench.space import Value

__all__ = ["FIELDS", "KINDS", "Call", "ExplorerState", "Field", "Kind", "Offer", "code_of", "first_state", "offer_of"]

Kind: TypeAlias = Literal["lines", "heatmap", "panels", "pareto", "effects", "table"]
Field: TypeAlias = Literal["metric", "metrics", "maximised", "x", "y", "hue", "panel", "by", "stats"]

# The fields that a kind reads; the filters belong to all.
FIELDS: Final[dict[Kind, tuple[Field, ...]]] = {
    "lines": ("metric", "x", "hue"),
    "heatmap": ("metric", "x", "y"),
    "panels": ("metric", "x", "panel", "hue"),
    "pareto": ("metrics", "maximised"),
    "effects": ("metric",),
    "table": ("metrics", "by", "stats"),
}
KINDS: Final = tuple(FIELDS)
_OPTIONAL: Final = ("hue", "maximised", "by")
_AXES: Final[tuple[Field, ...]] = ("x", "y", "panel", "hue")
_NUMBERS: Final = ("float", "int")
_GOALS: Final = 2


class Offer(NamedTuple):
    """What a run offers to choose from.

    Parameters
    ----------
    metrics : tuple of str
        Those that have a mean.
    parameters : tuple of str
        Those that vary.
    numbers : tuple of str
        Those of them that are numbers.
    values : mapping
        The values of each parameter that varies; None where there are too many to choose from.
    """

    metrics: tuple[str, ...]
    parameters: tuple[str, ...]
    numbers: tuple[str, ...]
    values: Mapping[str, tuple[Value, ...] | None]


class Call(NamedTuple):
    """A method of a run, by the path to it, with its arguments."""

    method: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ExplorerState:
    """What is asked.

    Parameters
    ----------
    kind : {'lines', 'heatmap', 'panels', 'pareto', 'effects', 'table'}
        How it is shown.
    metric : str or None
        What is drawn, where that is one metric.
    metrics, maximised : tuple of str
        The metrics of a table, or the goals of a Pareto front; and those of which more is better.
    x, y, hue, panel : str or None
        Parameters of the chart; `y` is the vertical axis of a heatmap.
    by, stats : tuple of str
        Parameters and statistics of a table.
    where : tuple of (str, tuple)
        Parameters and the values that a row may have.
    """

    kind: Kind = "lines"
    metric: str | None = None
    metrics: tuple[str, ...] = ()
    maximised: tuple[str, ...] = ()
    x: str | None = None
    y: str | None = None
    hue: str | None = None
    panel: str | None = None
    by: tuple[str, ...] = ()
    stats: tuple[str, ...] = DEFAULT_STATS
    where: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @property
    def faults(self) -> dict[Field, str]:
        """What is wrong, by field; empty where the question can be asked."""
        fields = FIELDS[self.kind]
        faults: dict[Field, str] = {
            field: f"choose {'at least one' if field in ('metrics', 'stats') else 'one'}"
            for field in fields
            if field not in _OPTIONAL and not getattr(self, field)
        }
        if self.kind == "pareto" and len(self.metrics) < _GOALS:
            faults["metrics"] = "choose at least two: a front is where one metric is paid for by another"
        taken: dict[str, Field] = {}
        for field in (axis for axis in _AXES if axis in fields):
            name = getattr(self, field)
            if name in taken:
                faults[field] = f"{name} is the {taken[name]} already: choose another parameter"
            elif name:
                taken[name] = field
        return faults

    @property
    def call(self) -> Call:
        """What is called; of a state without faults."""
        where = {name: values[0] if len(values) == 1 else list(values) for name, values in self.where if values}
        arguments: tuple[Any, ...]
        options: dict[str, Any]
        match self.kind:
            case "lines":
                method, arguments, options = "plot.lines", (), {"x": self.x, "y": self.metric, "hue": self.hue}
            case "heatmap":
                method, arguments, options = "plot.heatmap", (), {"x": self.x, "y": self.y, "metric": self.metric}
            case "panels":
                options = {"x": self.x, "y": self.metric, "panel": self.panel, "hue": self.hue}
                method, arguments = "plot.panels", ()
            case "pareto":
                method, arguments, options = "plot.pareto", (self._goals,), {}
            case "effects":
                method, arguments, options = "plot.effects", (self.metric,), {}
            case "table":
                options = {"by": list(self.by), "metrics": list(self.metrics), "stats": list(self.stats)}
                method, arguments = "aggregate", ()
        given = {name: value for name, value in options.items() if value is not None}
        return Call(method, arguments, given | ({"where": where} if where else {}))

    @property
    def code(self) -> str:
        """The same as Python, of a run that is named ``run``; of a state without faults."""
        return code_of(self.call)

    @property
    def _goals(self) -> dict[str, str]:
        return {name: "max" if name in self.maximised else "min" for name in self.metrics}


def offer_of(manifest: Manifest) -> Offer:
    """Find out what a run offers, from its manifest alone."""
    spec = manifest.spec
    values = distinct_values(manifest.sweep.space)
    several = {name for name, found in values.items() if found is None or len(found) > 1}
    varying = [item for item in spec.parameters if item.name in several]
    return Offer(
        metrics=tuple(metric.name for metric in spec.metrics if metric.type != "str"),
        parameters=tuple(item.name for item in varying),
        numbers=tuple(item.name for item in varying if item.type in _NUMBERS),
        values={item.name: values[item.name] for item in varying},
    )


def first_state(offer: Offer) -> ExplorerState:
    """Choose what nobody has chosen yet: lines of the first metric over the first number that varies."""
    ordered = [*offer.numbers, *(name for name in offer.parameters if name not in offer.numbers)]
    x, second = (*ordered, None, None)[:2]
    return ExplorerState(
        metric=next(iter(offer.metrics), None),
        metrics=offer.metrics[:_GOALS],
        x=x,
        y=second,
        panel=second,
        by=offer.parameters,
    )


def code_of(call: Call) -> str:
    """Write a call as Python.

    Parameters
    ----------
    call : Call
        Names, numbers, truth values, and lists and dicts of them.

    Returns
    -------
    str
        One expression.

    Examples
    --------
    >>> code_of(Call("plot.lines", (), {"x": "servers", "where": {"rate": [0.5, 1.0]}}))
    'run.plot.lines(x="servers", where={"rate": [0.5, 1.0]})'
    """
    given = [_literal(value) for value in call.arguments]
    given += [f"{name}={_literal(value)}" for name, value in call.options.items()]
    return f"run.{call.method}({', '.join(given)})"


def _literal(value: Any) -> str:
    match value:
        case str() if "'" not in value and '"' not in value:
            return f'"{repr(value)[1:-1]}"'
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)
