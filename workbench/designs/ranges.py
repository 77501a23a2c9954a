"""What a sampled parameter ranges over, and how a number from 0 to 1 becomes one of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from workbench.errors import SpaceError
from workbench.space.axes import as_axis

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.space import Axis, Value

__all__ = ["LogUniform", "Scale", "loguniform", "read_range"]

Scale: TypeAlias = "Callable[[NDArray[np.float64]], list[Value]]"

_TWO = 2
_MAX_CHOICES = 2**53  # floats from 0 to 1 tell no more apart


@dataclass(frozen=True)
class LogUniform:
    """Floats between two ends, spread evenly over their logarithms; see `loguniform`."""

    low: float
    high: float


def loguniform(low: float, high: float) -> LogUniform:
    """Let a parameter of a sampled design range over orders of magnitude.

    Parameters
    ----------
    low, high : float
        The ends, above 0.

    Returns
    -------
    LogUniform
        A range for `sobol`, `latin_hypercube` and `monte_carlo`.

    Raises
    ------
    SpaceError
        If `low` is not above 0, or `high` not above `low`.
    """
    if not 0 < low < high < math.inf:
        raise SpaceError(f"loguniform({low!r}, {high!r}): both ends must be above 0 and finite, the lower one first")
    return LogUniform(float(low), float(high))


def read_range(name: str, given: object) -> Scale:
    """Read what a person wrote as a range: a pair of floats, a `loguniform`, or values to choose from.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    given : object
        A tuple of two floats; `loguniform`; or a ``range``, list, array or axis.

    Returns
    -------
    callable
        From numbers in [0, 1), shape (n,), to n values.

    Raises
    ------
    SpaceError
        If it is none of these, or could mean two of them.
    """
    match given:
        case LogUniform(low, high):
            return lambda unit: _logarithmic(unit, low, high)
        case tuple():
            low, high = _ends(name, given)
            return lambda unit: (low + (high - low) * unit).tolist()
    axis = as_axis(name, given)
    if isinstance(given, str) or not axis.size:
        raise SpaceError(f"{name}: {given!r} is nothing to choose from; {_FORMS}")
    if axis.size > _MAX_CHOICES:
        raise SpaceError(f"{name}: {given!r} has more values than can be drawn, 2**53: sample it as floats")
    return lambda unit: _chosen(unit, axis)


_FORMS = "give (low, high) of floats, range(first, stop) of integers, loguniform(low, high), or a list of choices"


def _ends(name: str, given: tuple[object, ...]) -> tuple[float, float]:
    numbers = [item for item in given if isinstance(item, int | float) and not isinstance(item, bool)]
    if len(given) != _TWO or len(numbers) != _TWO:
        raise SpaceError(f"{name}: {given!r} is no pair of numbers; {_FORMS}")
    if all(isinstance(item, int) for item in numbers):
        first, last = map(int, numbers)
        raise SpaceError(
            f"{name}: {given!r} may mean floats or integers; write ({first}.0, {last}.0) for floats between them, or "
            f"range({first}, {last + 1}) for the integers"
        )
    low, high = map(float, numbers)
    if not (low < high and math.isfinite(high - low)):
        raise SpaceError(f"{name}: {given!r} must have the lower end first, and both ends and their distance finite")
    return low, high


def _logarithmic(unit: NDArray[np.float64], low: float, high: float) -> list[Value]:
    first, last = math.log(low), math.log(high)
    values: list[Value] = np.clip(np.exp(first + (last - first) * unit), low, high).tolist()
    return values


def _chosen(unit: NDArray[np.float64], axis: Axis) -> list[Value]:
    # A number just below 1 times a large size is rounded up to that size.
    places = np.minimum((unit * axis.size).astype(np.int64), axis.size - 1)
    return [axis[place] for place in places.tolist()]
