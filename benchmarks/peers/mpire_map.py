"""mpire's `WorkerPool.map` with its `chunk_size`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpire import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    with WorkerPool(n_jobs=cores) as pool:
        # Results that are arrays would be concatenated otherwise.
        answers: list[Any] = pool.map(function, arguments, chunk_size=chunk, concatenate_numpy_output=False)
        return answers
