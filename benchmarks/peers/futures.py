"""`concurrent.futures.ProcessPoolExecutor.map`; its documentation: use a large chunksize for very long iterables."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    with ProcessPoolExecutor(cores) as executor:
        return list(executor.map(function, *zip(*arguments, strict=True), chunksize=chunk))
