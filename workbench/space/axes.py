"""Axes: ordered values of one parameter, each in the shortest exact form.

Values on the wire are explicit, except where plain IEEE-754 additions and multiplications give the same bits on every
machine (``Linspace``, ``Range``). Powers do not, so ``logspace`` is spelled out when it is built.
"""

from __future__ import annotations

from typing import SupportsFloat, SupportsIndex, TypeAlias

import msgspec

from workbench.errors import SpaceError

__all__ = ["Axis", "Linspace", "Range", "Value", "Values", "as_axis", "as_value", "linspace", "logspace"]

Value: TypeAlias = bool | int | float | str


class Values(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="values"):
    """Explicit values, in order."""

    values: tuple[Value, ...]

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> Value:
        return self.values[index]


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="range"):
    """Integers, as Python's ``range`` counts them."""

    start: int
    stop: int
    step: int = 1

    @property
    def size(self) -> int:
        """Number of values, also where it is beyond what `len` can say."""
        return max(-((self.start - self.stop) // self.step), 0) if self.step else 0

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Value:
        return range(self.start, self.stop, self.step)[index]


class Linspace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="linspace"):
    """``num`` evenly spaced floats, both ends included; the bits are those of ``numpy.linspace``."""

    start: float
    stop: float
    num: int

    @property
    def size(self) -> int:
        """Number of values, also where it is beyond what `len` can say."""
        return max(self.num, 0)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Value:
        if not 0 <= index < self.num:
            raise IndexError(index)
        if index == self.num - 1 and self.num > 1:
            return self.stop
        if step := self.step:
            return index * step + self.start
        # As numpy does where the step is too small for a float, or there is none.
        return index / max(self.num - 1, 1) * (self.stop - self.start) + self.start

    @property
    def step(self) -> float:
        """Distance between neighbours."""
        return (self.stop - self.start) / (self.num - 1) if self.num > 1 else 0.0


Axis: TypeAlias = Values | Range | Linspace


def linspace(start: float, stop: float, num: int) -> Linspace:
    """Evenly spaced floats, both ends included.

    Parameters
    ----------
    start, stop : float
        First and last value.
    num : int
        Number of values, at least 1.

    Returns
    -------
    Linspace
        An axis for `product` or `zipped`.

    Examples
    --------
    >>> list(linspace(0.0, 1.0, 5))
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return Linspace(start=float(start), stop=float(stop), num=num)


def logspace(start: float, stop: float, num: int, *, base: float = 10.0) -> Values:
    """Floats evenly spaced on a logarithmic scale, as ``numpy.logspace``: from ``base**start`` to ``base**stop``.

    Parameters
    ----------
    start, stop : float
        First and last exponent.
    num : int
        Number of values, at least 1.
    base : float
        What is raised to the exponents.

    Returns
    -------
    Values
        An axis for `product` or `zipped`.

    Examples
    --------
    >>> list(logspace(0, 2, 3))
    [1.0, 10.0, 100.0]
    """
    exponents = linspace(start, stop, num)
    return Values(tuple(float(base) ** float(exponents[index]) for index in range(num)))


def as_axis(name: str, values: object) -> Axis:
    """Read what a person wrote as an axis: an axis, a range, any iterable of scalars, or one scalar.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    values : object
        An axis, ``range``, list, tuple, array, or a single value.

    Returns
    -------
    Axis

    Raises
    ------
    SpaceError
        If a value is neither number, bool nor str.
    """
    if isinstance(values, Values | Range | Linspace):
        return values
    if isinstance(values, range):
        return Range(start=values.start, stop=values.stop, step=values.step)
    if isinstance(values, str) or not hasattr(values, "__iter__") or getattr(values, "shape", None) == ():
        return Values((as_value(name, values),))
    return Values(tuple(as_value(name, value) for value in values))


def as_value(name: str, value: object) -> Value:
    """Read what a person wrote, or a formula gave, as one value.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object
        A scalar of Python's or numpy's.

    Returns
    -------
    bool, int, float or str

    Raises
    ------
    SpaceError
        If it is something else.
    """
    if isinstance(value, bool | int | float | str) and type(value).__module__ == "builtins":
        return value
    if getattr(value, "shape", ()) == ():  # a row of an array is no value
        item = getattr(value, "item", None)
        if callable(item) and type(plain := item()) is not type(value):  # numpy's scalars, but for long doubles
            return as_value(name, plain)
        if isinstance(value, SupportsIndex):
            return value.__index__()
        if isinstance(value, SupportsFloat):
            return float(value)
    raise SpaceError(f"{name}: {value!r} is a {type(value).__name__}; values are float, int, bool or str")
