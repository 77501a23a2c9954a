"""Which rows a shard holds, with everything that is known about them before they are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.compute.columns import parameter_columns
from workbench.space import stride

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.contract import Manifest

__all__ = ["ShardRows", "shard_rows"]


@dataclass(frozen=True)
class ShardRows:
    """The rows of a shard, sorted by `row_index`; every array has one entry per row."""

    row_index: NDArray[np.int64]
    point_index: NDArray[np.int64]
    replicate: NDArray[np.int64]
    parameters: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.row_index)

    def where(self, chosen: NDArray[np.bool_]) -> ShardRows:
        """Return some of the rows."""
        return ShardRows(
            row_index=self.row_index[chosen],
            point_index=self.point_index[chosen],
            replicate=self.replicate[chosen],
            parameters={name: column[chosen] for name, column in self.parameters.items()},
        )


def shard_rows(manifest: Manifest, start: int, stop: int) -> ShardRows:
    """Look up the rows at the positions from `start` to `stop`.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    start, stop : int
        Half-open range of positions.

    Returns
    -------
    ShardRows
    """
    # Positions and the stride are below 3e9, so their product fits 63 bits.
    row_index = np.arange(start, stop, dtype=np.int64) * stride(manifest.n_rows)
    row_index -= row_index // manifest.n_rows * manifest.n_rows  # in half the time of numpy's remainder
    row_index.sort()
    replicate = row_index // manifest.n_points
    point_index = row_index - replicate * manifest.n_points
    replicate += manifest.sweep.replicates_before
    return ShardRows(
        row_index=row_index,
        point_index=point_index,
        replicate=replicate,
        parameters=parameter_columns(manifest.sweep, manifest.spec, point_index),
    )
