"""joblib with its default back end, loky; small calls are batched by hand, as its page on `Parallel` advises."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed

from benchmarks.pipeline import Batch, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    call = delayed(Batch(function))
    return list(chain.from_iterable(Parallel(n_jobs=cores)(call(batch) for batch in batches(arguments, chunk))))
