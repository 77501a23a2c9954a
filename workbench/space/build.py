"""The functions with which a person writes a space."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from workbench.errors import SpaceError
from workbench.space.axes import as_axis
from workbench.space.faults import space_faults
from workbench.space.grid import Concat, Product, Zip

if TYPE_CHECKING:
    from workbench.space.grid import Space

__all__ = ["concat", "product", "sound", "zipped"]

AnySpace = TypeVar("AnySpace", bound="Space")


def product(*spaces: Space, **axes: object) -> Product:
    """Combine everything with everything: all points of the given spaces and axes, the last one varying fastest.

    Parameters
    ----------
    *spaces : Space
        Whole spaces to combine, such as the result of `zipped`.
    **axes : axis, range, iterable or scalar
        Values of one parameter each.

    Returns
    -------
    Product

    Raises
    ------
    SpaceError
        If an axis is empty or a parameter appears twice; all faults are listed.

    Examples
    --------
    >>> space = product(servers=[1, 2], arrival_rate=[0.5, 0.7, 0.9])
    >>> space.size, space.point(4)
    (6, {'servers': 2, 'arrival_rate': 0.7})
    """
    factors = (*spaces, *(Zip({name: as_axis(name, values)}) for name, values in axes.items()))
    return sound(Product(factors))


def zipped(**axes: object) -> Zip:
    """Walk axes together: the i-th point takes the i-th value of each.

    Parameters
    ----------
    **axes : axis, range or iterable
        Values of one parameter each, all of one length.

    Returns
    -------
    Zip

    Raises
    ------
    SpaceError
        If the lengths differ or an axis is empty.

    Examples
    --------
    >>> list(zipped(servers=[1, 2], arrival_rate=[0.5, 1.0]))
    [{'servers': 1, 'arrival_rate': 0.5}, {'servers': 2, 'arrival_rate': 1.0}]
    """
    return sound(Zip({name: as_axis(name, values) for name, values in axes.items()}))


def concat(*spaces: Space) -> Concat:
    """Append spaces: the points of the first, then those of the next.

    Parameters
    ----------
    *spaces : Space
        Spaces that assign the same parameters.

    Returns
    -------
    Concat

    Raises
    ------
    SpaceError
        If the spaces assign different parameters.

    Examples
    --------
    >>> concat(product(x=[1, 2]), product(x=[10])).size
    3
    """
    return sound(Concat(spaces))


def sound(space: AnySpace) -> AnySpace:
    """Return the space as it is; SpaceError with every fault where it has any."""
    if faults := space_faults(space):
        raise SpaceError("; ".join(str(fault) for fault in faults))
    return space
