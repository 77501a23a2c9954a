"""Ray tasks over batches: its documentation calls a task for every small call an anti-pattern."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}

import ray

from benchmarks.pipeline import Batch, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    ray.init(
        num_cpus=cores,
        include_dashboard=False,
        log_to_driver=False,
        _node_ip_address="127.0.0.1",
        object_store_memory=512 * 2**20,
    )
    task = ray.remote(_evaluate)
    return list(chain.from_iterable(ray.get([task.remote(function, batch) for batch in batches(arguments, chunk)])))


def _evaluate(function: Callable[..., Any], batch: Sequence[tuple[Any, ...]]) -> list[Any]:
    return Batch(function)(batch)
