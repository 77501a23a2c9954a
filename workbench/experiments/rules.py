"""Rules across parameters as an author writes them, and what can be wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.contract import Rule, value_fault
from workbench.errors import ExperimentError
from workbench.space.axes import as_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from workbench.contract import ParameterSpec
    from workbench.space import Value

__all__ = ["declared_rules_faults", "requires"]


def requires(
    parameter: str,
    *,
    when: Mapping[str, Value | Sequence[Value]],
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
) -> Rule:
    """Demand that a parameter keeps within bounds where others have certain values.

    A sweep in which a point breaks the rule is refused when it is written, and again where it is submitted.

    Parameters
    ----------
    parameter : str
        Of type float or int.
    when : mapping
        For each of the other parameters the value, or the values, at which the bounds hold; where all of them are met.
        They are of type bool or str, or have choices.
    gt, ge, lt, le : number, optional
        Bounds; at least one.

    Returns
    -------
    Rule
        For the argument `rules` of `experiment`.

    Raises
    ------
    ExperimentError
        If there is no condition or no bound.

    Examples
    --------
    >>> print(requires("batch_interval", gt=0, when={"matching": "batched"}))
    batch_interval > 0 where matching is 'batched'
    """
    rule = Rule(
        parameter=parameter,
        when={name: _values(name, values) for name, values in when.items()},
        gt=gt,
        ge=ge,
        lt=lt,
        le=le,
    )
    if not rule.when or not rule.bounds:
        raise ExperimentError(
            f"requires({parameter!r}): give a condition and a bound, such as gt=0, when={{'mode': 'fast'}}"
        )
    return rule


def _values(name: str, values: Value | Sequence[Value]) -> tuple[Value, ...]:
    axis = as_axis(name, values)
    return tuple(axis[place] for place in range(axis.size))


def declared_rules_faults(rules: Iterable[Rule], parameters: Sequence[ParameterSpec]) -> Iterator[str]:
    """List what is wrong with the rules of an experiment.

    Parameters
    ----------
    rules : iterable of Rule
        As declared.
    parameters : sequence of ParameterSpec
        Of the experiment.

    Yields
    ------
    str
        What to correct.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for rule in rules:
        for name in rule.names:
            if name not in known:
                yield f"rule {str(rule)!r}: there is no parameter {name!r}"
        bounded = known.get(rule.parameter)
        if bounded and bounded.type not in {"float", "int"}:
            yield f"rule {str(rule)!r}: {bounded.name} is {bounded.type}; bounds are for float and int"
        for name, values in rule.when.items():
            yield from (f"rule {str(rule)!r}: {fault}" for fault in _condition_faults(known.get(name), values))


def _condition_faults(parameter: ParameterSpec | None, values: tuple[Value, ...]) -> Iterator[str]:
    if parameter is None:
        return
    if parameter.choices is None and parameter.type not in {"bool", "str"}:
        yield f"{parameter.name} is {parameter.type} without choices; conditions are for bool, str and Literal"
    yield from filter(None, (value_fault(parameter, value) for value in values))
