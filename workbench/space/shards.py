"""How the rows of a run are numbered, spread and cut into shards.

``row_index = replicate * n_points + point_index``, so that a partial run covers the space before it deepens. A shard is
a contiguous range of *positions*; position p stands for row ``(p * a) mod n_rows`` with ``a`` near ``n_rows`` over the
golden ratio, so that every shard is a fair sample of the whole space (Fibonacci hashing: Knuth, TAOCP vol. 3, 6.4).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ShardPlan", "stride"]


class ShardPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of a run, cut into shards of one size (the last may be smaller).

    Parameters
    ----------
    n_rows : int
        Rows of the run, at least 1.
    shard_size : int
        Rows per shard, at least 1.
    """

    n_rows: int
    shard_size: int

    @property
    def n_shards(self) -> int:
        """Number of shards."""
        return -(-self.n_rows // self.shard_size)

    def bounds(self, shard_id: int) -> tuple[int, int]:
        """Return the positions ``(start, stop)`` of a shard.

        Parameters
        ----------
        shard_id : int
            From 0 to ``n_shards - 1``.

        Returns
        -------
        tuple of int
            Half-open range of positions.

        Raises
        ------
        IndexError
            If there is no such shard.
        """
        if not 0 <= shard_id < self.n_shards:
            raise IndexError(f"shard {shard_id} of {self.n_shards}")
        start = shard_id * self.shard_size
        return start, min(start + self.shard_size, self.n_rows)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return ((shard_id, *self.bounds(shard_id)) for shard_id in range(self.n_shards))


def stride(n_rows: int) -> int:
    """Return the step that maps positions onto rows: nearest to ``n_rows / golden ratio``, coprime with `n_rows`.

    Integer arithmetic only, so that every machine finds the same step.

    Parameters
    ----------
    n_rows : int
        Rows of the run, at least 1.

    Returns
    -------
    int
        ``a`` in ``row = (position * a) % n_rows``.

    Examples
    --------
    >>> [position * stride(10) % 10 for position in range(10)]
    [0, 7, 4, 1, 8, 5, 2, 9, 6, 3]
    """
    doubled = math.isqrt(5 * n_rows * n_rows) - n_rows  # twice the quotient, rounded down
    nearest = (doubled + 1) // 2
    sides = (-1, 1) if doubled % 2 else (1, -1)  # first the side on which the quotient lies
    for distance in range(n_rows + 1):
        for side in sides:
            candidate = nearest + side * distance
            if candidate > 0 and math.gcd(candidate, n_rows) == 1:
                return candidate
    return 1
