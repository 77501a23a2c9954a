"""The values that each parameter takes in a space, found by its structure: no query, and no point is made in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.space import Concat, Product, Space, Value, Where, Zip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MOST_VALUES", "distinct_values"]

MOST_VALUES: Final = 200  # a person can look through
_MOST_POINTS: Final = 100_000


def distinct_values(space: Space, *, most: int = MOST_VALUES) -> dict[str, tuple[Value, ...] | None]:
    """List the values that each parameter of a space takes.

    Parameters
    ----------
    space : Space
        Sound, as that of a run.
    most : int
        Values of a parameter, at most.

    Returns
    -------
    dict
        By parameter its values in the order of the space, without repetition; None where there are more than `most`.
        Of a condition over very many points the values that the whole space has: some may be of no point.
    """
    match space:
        case Zip(axes):
            return {name: _few(map(axis.__getitem__, range(axis.size)), most) for name, axis in axes.items()}
        case Product(factors):
            return {name: values for factor in factors for name, values in distinct_values(factor, most=most).items()}
        case Concat(parts):
            return _together([distinct_values(part, most=most) for part in parts], most)
        case Where(of):
            whole = distinct_values(of, most=most)
            if of.size > _MOST_POINTS:
                return whole
            points = list(space)
            return {name: _few((point[name] for point in points), most) for name in whole}


def _together(
    parts: Iterable[Mapping[str, tuple[Value, ...] | None]], most: int
) -> dict[str, tuple[Value, ...] | None]:
    first, *others = parts
    found = dict(first)
    for part in others:
        for name, more in part.items():
            known = found[name]
            found[name] = None if known is None or more is None else _few((*known, *more), most)
    return found


def _few(values: Iterable[Value], most: int) -> tuple[Value, ...] | None:
    found: dict[Value, None] = {}
    for value in values:
        found[value] = None
        if len(found) > most:
            return None
    return tuple(found)
