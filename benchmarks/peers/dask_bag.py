"""A Dask bag in partitions on its default scheduler, the one of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.bag
from dask import delayed

from benchmarks.pipeline import Batch, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    bag = dask.bag.from_delayed([delayed(batch) for batch in batches(arguments, chunk)])
    answers: list[Any] = bag.map_partitions(Batch(function)).compute(scheduler="processes", num_workers=cores)
    return answers
