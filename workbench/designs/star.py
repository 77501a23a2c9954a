"""The star design: a base point, and every other value of one parameter at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import SpaceError
from workbench.space import zipped
from workbench.space.axes import as_axis, as_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.space import Value, Zip

__all__ = ["star"]


def star(base: Mapping[str, object], **axes: object) -> Zip:
    """Vary one parameter at a time around a base point; interactions between parameters are not seen.

    Parameters
    ----------
    base : mapping
        A value for every parameter of the design.
    **axes : axis, range or iterable
        Values of the parameters that vary; one that is the base's own adds no point.

    Returns
    -------
    Zip
        The base point first, then those of each parameter in turn.

    Raises
    ------
    SpaceError
        If a parameter that varies has no value in `base`, or nothing varies.

    Examples
    --------
    >>> for point in star({"servers": 2, "arrival_rate": 0.5}, servers=[1, 2, 4], arrival_rate=[0.9]):
    ...     print(point)
    {'servers': 2, 'arrival_rate': 0.5}
    {'servers': 1, 'arrival_rate': 0.5}
    {'servers': 4, 'arrival_rate': 0.5}
    {'servers': 2, 'arrival_rate': 0.9}
    """
    centre = {name: as_value(name, value) for name, value in base.items()}
    if not axes:
        raise SpaceError("axes: name at least one parameter that varies, such as servers=[1, 2, 4]")
    if missing := [name for name in axes if name not in centre]:
        raise SpaceError(f"base: has no value of {', '.join(missing)}; the others vary around it")
    points = [centre]
    for name, given in axes.items():
        points += [centre | {name: value} for value in _others(name, given, centre[name])]
    return zipped(**{name: [point[name] for point in points] for name in centre})


def _others(name: str, given: object, own: Value) -> list[Value]:
    axis = as_axis(name, given)
    values = dict.fromkeys(axis[index] for index in range(axis.size))
    return [value for value in values if value != own]
