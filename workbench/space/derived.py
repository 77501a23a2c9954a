"""Parameters that are computed from others: a space in which they are values like all the rest.

Formulas are Python, and code never travels: they are called where the space is built, and their values are spelled out,
as those of a `logspace` are. Whoever validates or evaluates the space knows nothing of them.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from workbench.errors import SpaceError
from workbench.space.axes import Values, as_value
from workbench.space.build import sound
from workbench.space.grid import Concat, Product, Where, Zip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.space.axes import Value
    from workbench.space.grid import Point, Space

__all__ = ["MAX_WRITTEN", "derive"]

# Each is a call of a formula here, and some 20 bytes of what a client sends and every child reads.
MAX_WRITTEN: Final = 1_000_000


def derive(space: Space, formulas: Mapping[str, Callable[..., object]], *, drop: Sequence[str]) -> Space:
    """Add derived parameters to a space; see its method of that name."""
    sound(space)
    used: set[str] = set()
    for name, formula in formulas.items():
        if name in space.names:
            raise SpaceError(f"{name}: the space assigns it already; derive it, or give it values")
        inputs = _inputs(name, formula, space.names)
        used.update(inputs)
        space = _with(space, name, inputs, formula)
    for name in drop:
        if name not in used:
            raise SpaceError(f"drop: no formula uses {name!r}; leave out of the space what nothing needs")
        space = _without(space, name)
    return sound(space)


def _inputs(name: str, formula: Callable[..., object], known: tuple[str, ...]) -> tuple[str, ...]:
    """Read from a formula's arguments which parameters it needs."""
    try:
        arguments = inspect.signature(formula).parameters.values()
    except (TypeError, ValueError) as error:
        raise SpaceError(f"{name}: {formula!r} is no function with named arguments, such as lambda x: 2 * x") from error
    needed = [item.name for item in arguments if item.default is item.empty or item.name in known]
    if unknown := [item for item in needed if item not in known]:
        raise SpaceError(
            f"{name}: its formula needs {', '.join(unknown)}, which the space does not assign (it assigns "
            f"{', '.join(known)}): name its arguments like parameters"
        )
    if not needed:
        raise SpaceError(f"{name}: its formula names no parameter of the space; give a constant as a value")
    return tuple(needed)


def _with(space: Space, name: str, inputs: tuple[str, ...], formula: Callable[..., object]) -> Space:
    match space:
        case Zip(axes):
            _check_length(name, space.size)
            rows = zip(*(map(axes[item].__getitem__, range(space.size)) for item in inputs), strict=True)
            values = tuple(_value(name, formula, dict(zip(inputs, row, strict=True))) for row in rows)
            return Zip({**axes, name: Values(values)})
        case Product(factors):
            places = [place for place, factor in enumerate(factors) if not set(inputs).isdisjoint(factor.names)]
            first, last = places[0], places[-1] + 1
            named = factors[first] if last - first == 1 else _written_out(name, Product(factors[first:last]))
            return Product((*factors[:first], _with(named, name, inputs, formula), *factors[last:]))
        case Concat(parts):
            return Concat(tuple(_with(part, name, inputs, formula) for part in parts))
        case Where():
            return _with(_written_out(name, space), name, inputs, formula)


def _without(space: Space, name: str) -> Space:
    match space:
        case Zip(axes):
            return Zip({kept: axis for kept, axis in axes.items() if kept != name})
        case Product(factors):
            return Product(tuple(_without(factor, name) if name in factor.names else factor for factor in factors))
        case Concat(parts):
            return Concat(tuple(_without(part, name) for part in parts))
        case Where(of, keep, kept):
            return Where(_without(of, name), keep, kept)


def _written_out(name: str, space: Space) -> Zip:
    _check_length(name, space.size)
    points = list(space)
    return Zip({item: Values(tuple(point[item] for point in points)) for item in space.names})


def _check_length(name: str, size: int) -> None:
    if size > MAX_WRITTEN:
        raise SpaceError(
            f"{name}: its formula would be called and its values written out for {size:,} points, at most "
            f"{MAX_WRITTEN:,}: put the axes that it names side by side in the product, sample the space instead "
            "(such as with sobol), or compute it within the experiment"
        )


def _value(name: str, formula: Callable[..., object], point: Point) -> Value:
    try:
        return as_value(name, formula(**point))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise SpaceError(f"{name}: its formula fails at {point}: {type(error).__name__}: {error}") from error
