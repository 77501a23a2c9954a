"""`multiprocessing.Pool.imap`; its documentation: for very long iterables a large chunksize is much faster than 1."""

from __future__ import annotations

import multiprocessing
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    with multiprocessing.Pool(cores) as pool:
        return list(pool.imap(partial(_call, function), arguments, chunksize=chunk))


def _call(function: Callable[..., Any], row: tuple[Any, ...]) -> Any:
    return function(*row)
