"""Rules across parameters: data in the catalog, so that the parent refuses what breaks them without the experiment.

A rule is checked on the combinations of the parameters that it names, not on the points: the other axes of a product
cost nothing, however long they are.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from workbench.errors import Fault
from workbench.space import Concat, Linspace, Product, Range, Space, Value, Where, Zip
from workbench.space.grid import kept_bits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.contract.catalog import ExperimentSpec, ParameterSpec
    from workbench.contract.sweep import SweepDocument
    from workbench.space import Axis

__all__ = ["Rule", "rule_faults"]

_Combination: TypeAlias = dict[str, Value]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Where some parameters have certain values, another keeps within bounds.

    Parameters
    ----------
    parameter : str
        A parameter of type float or int.
    when : dict
        For each of the other parameters the values at which the bounds hold; where all of them are met.
    gt, ge, lt, le : number, optional
        Bounds.
    """

    parameter: str
    when: dict[str, tuple[Value, ...]]
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter that it names."""
        return (*self.when, self.parameter)

    @property
    def bounds(self) -> str:
        """Its bounds, as text."""
        found = ((">", self.gt), (">=", self.ge), ("<", self.lt), ("<=", self.le))
        return " and ".join(f"{self.parameter} {symbol} {bound:g}" for symbol, bound in found if bound is not None)

    def __str__(self) -> str:
        conditions = (f"{name} is {' or '.join(map(repr, values))}" for name, values in self.when.items())
        return f"{self.bounds} where {' and '.join(conditions)}"

    def allows(self, value: float) -> bool:
        """Return whether a value keeps within the bounds."""
        return (
            (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
        )

    def is_broken_by(self, combination: _Combination) -> bool:
        """Return whether values for all of `names` break the rule."""
        value = combination[self.parameter]
        applies = all(combination[name] in values for name, values in self.when.items())
        return applies and not isinstance(value, str) and not self.allows(value)


def rule_faults(sweep: SweepDocument, spec: ExperimentSpec) -> Iterator[Fault]:
    """List the rules that some point of a sweep breaks.

    Parameters
    ----------
    sweep : SweepDocument
        A sweep that has no other faults.
    spec : ExperimentSpec
        Its experiment.

    Yields
    ------
    Fault
        One for each broken rule, with the first combination of values that breaks it.
    """
    for rule in spec.rules:
        parameters = [spec.parameter(name) for name in rule.names]
        constant = _constants(sweep, filter(None, parameters))
        # Of a space with a condition, all combinations are tried first: mostly none of them breaks the rule.
        if None in parameters or not any(_breaking(rule, sweep.space, constant, exact=False)):
            continue
        for broken in itertools.islice(_breaking(rule, sweep.space, constant, exact=True), 1):
            at = "sweep.space" if rule.parameter in sweep.space.names else f"sweep.fixed.{rule.parameter}"
            values = ", ".join(f"{name}={broken[name]!r}{_origin(name, sweep)}" for name in rule.names)
            yield Fault(at, f"the rule of {spec.name}, {rule}, is broken by {values}")


def _constants(sweep: SweepDocument, parameters: Iterable[ParameterSpec]) -> _Combination:
    found = {parameter.name: sweep.fixed.get(parameter.name, parameter.default) for parameter in parameters}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def _origin(name: str, sweep: SweepDocument) -> str:
    return "" if name in sweep.space.names or name in sweep.fixed else " (its default)"


def _breaking(rule: Rule, space: Space, constant: _Combination, *, exact: bool) -> Iterator[_Combination]:
    for combination in _combinations(rule, space, exact=exact):
        if rule.is_broken_by(whole := constant | combination):
            yield whole


def _combinations(rule: Rule, space: Space, *, exact: bool) -> Iterable[_Combination]:
    """List what the points of a space give the parameters of a rule; more than that where it is not to be exact."""
    match space:
        case Zip(axes):
            named = [name for name in rule.names if name in axes]
            if named == [rule.parameter]:
                axis = axes[rule.parameter]
                return [{rule.parameter: axis[place]} for place in _telling(axis)]
            rows = zip(*(axes[name] for name in named), strict=True)
            return [dict(zip(named, row, strict=True)) for row in dict.fromkeys(rows)] if named else [{}]
        case Product(factors):
            named_factors = (factor for factor in factors if not set(rule.names).isdisjoint(factor.names))
            parts = [_combinations(rule, factor, exact=exact) for factor in named_factors]
            return ({k: v for part in chosen for k, v in part.items()} for chosen in itertools.product(*parts))
        case Concat(parts):
            return itertools.chain.from_iterable(_combinations(rule, part, exact=exact) for part in parts)
        case Where(of, keep, _):
            if not exact:
                return _combinations(rule, of, exact=False)
            bits = kept_bits(keep, of.size)
            kept = (index for index in range(of.size) if bits[index >> 3] >> (index & 7) & 1)
            return _combinations_at(rule, of, kept)


def _combinations_at(rule: Rule, space: Space, indices: Iterable[int]) -> Iterator[_Combination]:
    """List what some points of a space give the parameters of a rule, each of a product's combinations once."""
    factors = space.factors if isinstance(space, Product) else (space,)
    named, stride = [], 1
    for factor in reversed(factors):
        if not set(rule.names).isdisjoint(factor.names):
            named.append((factor, stride, factor.size))
        stride *= factor.size
    places = dict.fromkeys(tuple(index // stride % size for _, stride, size in named) for index in indices)
    for place in places:
        found = (factor.point(within) for (factor, _, _), within in zip(named, place, strict=True))
        yield {name: point[name] for point in found for name in rule.names if name in point}


def _telling(axis: Axis) -> Iterable[int]:
    """Where to look at an axis: of what rises or falls steadily, the ends tell whether it keeps within bounds."""
    return (0, axis.size - 1) if isinstance(axis, Linspace | Range) else range(axis.size)
