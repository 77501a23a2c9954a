"""The loop over rows, written anew for each experiment: its source is made from the names of parameters and metrics.

A literal keyword call, attributes by name and one branch a metric are what Python runs fastest. Calling with a
dictionary and looping over the metrics of each row costs more than a small experiment itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from workbench.compute.results import MetricError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.contract import ExperimentSpec, MetricSpec, ValueType

__all__ = ["Sinks", "compile_loop"]


class Sinks(NamedTuple):
    """Where a loop puts what comes of its rows, by the index of the row.

    Parameters
    ----------
    columns : list
        For each metric, what takes its values.
    present : list
        For each metric, what takes True where an optional one has a value.
    ended : memoryview
        Takes the time at which the row ended, last of all: it says that the row is done.
    failed : callable
        Takes the index of a row and its exception.
    told : callable, optional
        Takes the range of a row whose metrics are complete; only called for experiments with texts.
    """

    columns: list[Any]
    present: list[Any]
    ended: memoryview
    failed: Callable[[int, BaseException], None]
    told: Callable[[int, int], None] | None


def compile_loop(spec: ExperimentSpec, *, told: bool) -> Callable[..., None]:
    """Compile the loop of an experiment, once in a process.

    Parameters
    ----------
    spec : ExperimentSpec
        Its names were checked to be identifiers where it was declared.
    told : bool
        Whether somebody wants to be told of every row that has texts.

    Returns
    -------
    callable
        ``loop(rows, function, declared, at, clock, sinks)``: `rows` yields the index of a row, its parameters and, for
        an experiment with `rng`, its key; `declared` is the class of metrics; `at` makes the generator of a key.
    """
    names = tuple(parameter.name for parameter in spec.parameters)
    return _compiled(
        names, spec.metrics, rng=spec.uses_rng, told=told and any(metric.type == "str" for metric in spec.metrics)
    )


@lru_cache(maxsize=8)
def _compiled(
    parameters: tuple[str, ...], metrics: tuple[MetricSpec, ...], *, rng: bool, told: bool
) -> Callable[..., None]:
    keywords = [f"{name}=p{place}" for place, name in enumerate(parameters)]
    arguments = [f"p{place}" for place in range(len(parameters))]
    if rng:
        keywords.append("rng=at(key)")
        arguments.append("key")
    lines = [
        "def loop(rows, function, declared, at, clock, sinks):",
        "    columns, present, ended, failed, told = sinks",
        *(f"    c{place}, o{place} = columns[{place}], present[{place}]" for place in range(len(metrics))),
        f"    for {', '.join(['index', *arguments])}, in rows:",
        "        try:",
        f"            answer = function({', '.join(keywords)})",
        "            if type(answer) is not declared:",
        "                raise undeclared(answer, declared)",
        *(f"            {line}" for place, metric in enumerate(metrics) for line in _stored(place, metric)),
        "        except (Exception, SystemExit) as error:",  # whatever the model raises is that row's outcome
        "            failed(index, error)",
        *(["        else:", "            told(index, index + 1)"] if told else []),
        "        ended[index] = clock()",
    ]
    names: dict[str, Any] = {"specs": metrics, "converted": _converted, "undeclared": _undeclared}
    exec(compile("\n".join(lines), "<loop>", "exec"), names)  # noqa: S102 -- see the module's docstring
    loop: Callable[..., None] = names["loop"]
    return loop


def _stored(place: int, metric: MetricSpec) -> Iterable[str]:
    """Yield the lines that check and store one metric."""
    exact = f"type(value) is not {_EXACT[metric.type].__name__}"
    if metric.type == "int":
        exact += f" or not {_INT64.min} <= value <= {_INT64.max}"
    store = (f"if {exact}:", f"    value = converted(specs[{place}], value)", f"c{place}[index] = value")
    yield f"value = answer.{metric.name}"
    if not metric.optional:
        yield from store
        return
    yield "if value is not None:"
    yield from (f"    {line}" for line in (*store, f"o{place}[index] = True"))


def _converted(spec: MetricSpec, value: Any) -> Any:
    if not isinstance(value, _ACCEPTED[spec.type]) or (isinstance(value, bool) and spec.type != "bool"):
        raise MetricError(f"metric {spec.name!r} is {type(value).__name__} ({value!r:.100}); declared is {spec.type}")
    plain = _EXACT[spec.type](value)
    if spec.type == "int" and not _INT64.min <= plain <= _INT64.max:
        raise OverflowError(f"metric {spec.name!r} is {plain}; integers have 64 bits")
    return plain


def _undeclared(answer: Any, declared: type) -> MetricError:
    return MetricError(f"returned {type(answer).__name__}; declared is {declared.__name__}")


_INT64: Final = np.iinfo(np.int64)
_EXACT: Final[dict[ValueType, type]] = {"float": float, "int": int, "bool": bool, "str": str}
_ACCEPTED: Final[dict[ValueType, tuple[type, ...]]] = {
    "float": (float, int, np.floating, np.integer),
    "int": (int, np.integer),
    "bool": (bool, np.bool_),
    "str": (str,),
}
