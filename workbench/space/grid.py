"""Spaces: expressions over axes whose size and points are computed, never stored.

The last factor of a product varies fastest, as in ``itertools.product`` and C-ordered arrays.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from workbench.errors import SpaceError

# msgspec reads the annotations at run time.
from workbench.space.axes import Axis, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Concat", "Point", "Product", "Space", "Where", "Zip", "kept_bits"]

Point: TypeAlias = dict[str, Value]


class _Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every space can do; the arithmetic differs by kind."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the space assigns."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Number of points."""
        raise NotImplementedError

    def point(self, index: int) -> Point:
        """Return the point at `index`.

        Parameters
        ----------
        index : int
            From 0 to ``size - 1``.

        Returns
        -------
        dict
            A value for each of `names`.

        Raises
        ------
        IndexError
            If the index is out of range.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"point {index} of a space of {self.size} points")
        return self._point(index)

    def _point(self, index: int) -> Point:
        raise NotImplementedError

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Point]:
        return (self._point(index) for index in range(self.size))

    def where(self, predicate: Callable[[Point], bool]) -> Where:
        """Keep the points for which `predicate` is true.

        The predicate is called here, once for every point; what travels and is stored is one bit a point, compressed.

        Parameters
        ----------
        predicate : callable
            Takes a point (a dict), returns whether to keep it.

        Returns
        -------
        Where
            The smaller space, its points in the same order.
        """
        return self.pick(index for index, point in enumerate(self) if predicate(point))

    def pick(self, indices: Iterable[int]) -> Where:
        """Keep the points at some places, in the order of the space; what travels is one bit a point, compressed.

        Parameters
        ----------
        indices : iterable of int
            From 0 to ``size - 1``; one that is named twice is kept once.

        Returns
        -------
        Where
            The smaller space.

        Raises
        ------
        SpaceError
            If there is no such point.
        """
        bits = bytearray((self.size + 7) // 8)
        for index in indices:
            if not 0 <= index < self.size:
                raise SpaceError(f"there is no point {index}: the space has {self.size}, the first is 0")
            bits[index >> 3] |= 1 << (index & 7)
        packed = base64.b64encode(zlib.compress(bytes(bits), 9)).decode("ascii")
        return Where(of=self, keep=packed, kept=int.from_bytes(bits, "little").bit_count())  # type: ignore[arg-type]

    def derive(self, *, drop: Iterable[str] = (), **formulas: Callable[..., object]) -> Space:
        """Add parameters that are computed from others, such as a rate from a load.

        A formula is called here, once for every point of the axes that it names; what travels and is stored are the
        values. Of a product, the factors from the first to the last that it names are written out, so put these side
        by side; the other factors stay as short as they are.

        Parameters
        ----------
        drop : iterable of str
            Names that only served the formulas, and that the experiment does not know.
        **formulas : callable
            For each new parameter a function whose arguments are named like parameters of the space, or like those
            derived before it.

        Returns
        -------
        Space
            The same points in the same order, with the new parameters and without the dropped ones.

        Raises
        ------
        SpaceError
            If a formula names what the space does not assign, fails, or gives what is no value; or if too many points
            would be written out.

        Examples
        --------
        >>> from workbench.space import product
        >>> grid = product(load=[0.5, 0.9], servers=[1, 4])
        >>> list(grid.derive(arrival_rate=lambda load, servers: load * servers, drop=["load"]))[:2]
        [{'servers': 1, 'arrival_rate': 0.5}, {'servers': 4, 'arrival_rate': 2.0}]
        """
        from workbench.space.derived import derive  # noqa: PLC0415 -- it is built on the nodes

        return derive(self, formulas, drop=tuple(drop))  # type: ignore[arg-type]


class Zip(_Node, frozen=True, tag="zip"):
    """Axes of one length, walked together; a single axis is a zip of one."""

    axes: dict[str, Axis]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the space assigns."""
        return tuple(self.axes)

    @property
    def size(self) -> int:
        """Number of points."""
        return min((axis.size for axis in self.axes.values()), default=0)

    def _point(self, index: int) -> Point:
        return {name: axis[index] for name, axis in self.axes.items()}


class Product(_Node, frozen=True, tag="product"):
    """Every combination of the factors' points."""

    factors: tuple[Space, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the space assigns."""
        return tuple(name for factor in self.factors for name in factor.names)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(factor.size for factor in self.factors)

    def _point(self, index: int) -> Point:
        parts: list[Point] = []
        for factor in reversed(self.factors):
            index, within = divmod(index, factor.size)
            parts.append(factor._point(within))  # noqa: SLF001 -- the nodes are one family
        return {name: value for part in reversed(parts) for name, value in part.items()}


class Concat(_Node, frozen=True, tag="concat"):
    """The parts' points, one part after the other; all assign the same parameters."""

    parts: tuple[Space, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the space assigns."""
        return self.parts[0].names if self.parts else ()

    @property
    def size(self) -> int:
        """Number of points."""
        return sum(part.size for part in self.parts)

    def _point(self, index: int) -> Point:
        for part in self.parts:
            if index < part.size:
                found = part._point(index)  # noqa: SLF001 -- the nodes are one family
                return {name: found[name] for name in self.names}
            index -= part.size
        raise IndexError(index)


class Where(_Node, frozen=True, tag="where"):
    """Some of the points of another space.

    Parameters
    ----------
    of : Space
        The whole.
    keep : str
        One bit for each of its points, least significant first; zlib, base64.
    kept : int
        Number of bits that are set.
    """

    of: Space
    keep: str
    kept: int

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the space assigns."""
        return self.of.names

    @property
    def size(self) -> int:
        """Number of points."""
        return self.kept

    def _point(self, index: int) -> Point:
        return self.of._point(_kept_indices(self.keep, self.of.size)[index])  # noqa: SLF001 -- one family

    def __iter__(self) -> Iterator[Point]:
        return (self.of.point(index) for index in _kept_indices(self.keep, self.of.size))


Space: TypeAlias = Zip | Product | Concat | Where


def kept_bits(keep: str, size: int) -> bytes:
    """Unpack the bits of a `Where`.

    Parameters
    ----------
    keep : str
        Its bits as they travel.
    size : int
        Number of points of the whole space.

    Returns
    -------
    bytes
        ``ceil(size / 8)`` bytes.

    Raises
    ------
    ValueError
        If the text is not what `_Node.where` writes for a space of this size.
    """
    expected = (size + 7) // 8
    try:
        # Bounded: a few bytes must not unpack to gigabytes.
        unpacker = zlib.decompressobj()
        bits = unpacker.decompress(base64.b64decode(keep, validate=True), expected + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"not base64 of a zlib stream ({error})") from error
    if len(bits) != expected:
        raise ValueError(f"holds {len(bits)} bytes or more where {size} points need {expected}")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("is cut short, or goes on behind its end")
    return bits


@lru_cache(maxsize=8)
def _kept_indices(keep: str, size: int) -> array[int]:
    bits = kept_bits(keep, size)
    return array("q", (index for index in range(size) if bits[index >> 3] >> (index & 7) & 1))
