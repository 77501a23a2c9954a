"""Lithops on its localhost back end, a call for each batch."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

from lithops import FunctionExecutor

from benchmarks.pipeline import Batch, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    config = {
        "lithops": {"backend": "localhost", "storage": "localhost", "log_level": "WARNING", "telemetry": False},
        "localhost": {"runtime": sys.executable, "worker_processes": cores},
    }
    with FunctionExecutor(config=config) as executor:
        evaluate = Batch(function)
        executor.map(lambda batch: evaluate(batch), [(batch,) for batch in batches(arguments, chunk)])  # noqa: PLW0108 -- it inspects signatures
        return list(chain.from_iterable(executor.get_result()))
