"""Checks the names and values of a question against the experiment's declaration, and says what would be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from workbench.contract import ParameterSpec, value_fault
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.contract import ExperimentSpec

__all__ = ["Condition", "SqlValue", "check_groups", "check_metrics", "check_names", "conditions_of", "plain_value"]

SqlValue: TypeAlias = str | int | float | bool
Condition: TypeAlias = tuple[str, tuple[SqlValue, ...]]

_REPLICATE: Final = ParameterSpec(name="replicate", type="int", ge=0)


def check_groups(spec: ExperimentSpec, by: Sequence[str]) -> None:
    """Refuse a grouping by something else than parameters and the replicate.

    Parameters
    ----------
    spec : ExperimentSpec
        What is declared.
    by : sequence of str
        The columns to group by.

    Raises
    ------
    QueryError
        If a name is unknown or repeated.
    """
    check_names("by", by, _groupable(spec))


def check_metrics(spec: ExperimentSpec, metrics: Sequence[str] | None) -> tuple[str, ...]:
    """Refuse metrics that have no mean.

    Parameters
    ----------
    spec : ExperimentSpec
        What is declared.
    metrics : sequence of str or None
        The metrics to aggregate; None for all that are not text.

    Returns
    -------
    tuple of str
        The metrics.

    Raises
    ------
    QueryError
        If there is none, or one is unknown, repeated or text.
    """
    numeric = [metric.name for metric in spec.metrics if metric.type != "str"]
    if metrics is None:
        metrics = numeric
    if not numeric:
        raise QueryError(f"metrics: every metric of {spec.name} is text and has no mean")
    if not metrics:
        raise QueryError(f"metrics: name at least one of {_listed(numeric)}")
    texts = [metric.name for metric in spec.metrics if metric.type == "str" and metric.name in metrics]
    if texts:
        raise QueryError(f"metrics: {_listed(texts)} is text and has no mean; numeric metrics: {_listed(numeric)}")
    check_names("metrics", metrics, numeric)
    return tuple(metrics)


def conditions_of(spec: ExperimentSpec, where: Mapping[str, object]) -> list[Condition]:
    """Turn wanted values into conditions.

    Parameters
    ----------
    spec : ExperimentSpec
        What is declared.
    where : mapping of str to a value or several
        The values that parameters, or the replicate, must have.

    Returns
    -------
    list of (str, tuple)
        Text with a ``?`` for each value, and the values in the parameter's own type.

    Raises
    ------
    QueryError
        If a name is unknown, or a value does not fit its parameter.
    """
    groupable = _groupable(spec)
    check_names("where", list(where), groupable)
    return [_condition(groupable[name], value) for name, value in where.items()]


def check_names(argument: str, names: Sequence[str], valid: Iterable[str]) -> None:
    """Refuse names that are not valid, and say which are near.

    Parameters
    ----------
    argument : str
        What the names were given as.
    names : sequence of str
        The names.
    valid : iterable of str
        Those that there are.

    Raises
    ------
    QueryError
        If a name is unknown or repeated, or `names` is a single text.
    """
    if isinstance(names, str):
        raise QueryError(f"{argument}: give a list of names, such as [{names!r}]")
    known = list(valid)
    for name in names:
        if name not in known:
            near = get_close_matches(str(name), known)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
            raise QueryError(f"{argument}: no {name!r}{hint} Valid names: {_listed(known)}")
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise QueryError(f"{argument}: {_listed(repeated)} is named more than once")


def plain_value(value: Any) -> Any:
    """Turn a scalar of numpy or pandas into Python's; anything else stays what it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _condition(parameter: ParameterSpec, wanted: object) -> Condition:
    several = wanted if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
    values = tuple(_value(parameter, value) for value in several)
    if not values:
        raise QueryError(f"where.{parameter.name}: give at least one value")
    test = "= ?" if len(values) == 1 else f"IN ({', '.join('?' * len(values))})"
    return f'"{parameter.name}" {test}', values


def _value(parameter: ParameterSpec, value: Any) -> SqlValue:
    plain: SqlValue = plain_value(value)
    if message := value_fault(parameter, plain):
        raise QueryError(f"where.{parameter.name}: {message}")
    return float(plain) if parameter.type == "float" else plain


def _groupable(spec: ExperimentSpec) -> dict[str, ParameterSpec]:
    return {parameter.name: parameter for parameter in (*spec.parameters, _REPLICATE)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
