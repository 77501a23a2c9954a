"""How large the shards of this machine's back ends are: decided from numbers alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from workbench.contract import DEFAULT_SHARDS, Caps

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

__all__ = ["SHARD_OVERHEAD_SECONDS", "choose_local_shard_size", "max_rows_in_memory"]

# What a shard costs besides its rows: a task, a fork and a Parquet file. Measured: 100 shards of 100 rows.
SHARD_OVERHEAD_SECONDS: Final = 0.007
# Of the rows' time, what all that may take.
_OVERHEAD: Final = 0.01
# A run of some length has at least so many shards per worker, so that its results are seen while it goes on.
_SHARDS_PER_WORKER: Final = 4
_LONGEST_SECONDS: Final = 30.0
# Every look at a run lists its shards: no more of them than in the cloud, unless somebody asks.
_MAX_SHARDS: Final = Caps().max_shards
# What the rows of a shard may occupy in a worker: arrays, Python's objects of a column at a time, an Arrow table.
_MEMORY: Final = 256 * 2**20
_BYTES_PER_ROW: Final = 200
_BYTES_PER_VALUE: Final = 60


def choose_local_shard_size(n_rows: int, row_seconds: float | None, *, workers: int, max_rows: int) -> int:
    """Choose the rows per shard of a run on this machine.

    A run that takes each worker the time T, in shards of the time w, loses about c * T / w to the fixed cost c of a
    shard, and about w / 4 at its end, where workers that began together, with shards that are alike, wait for the last
    one: least at w = 2 * sqrt(c * T). Shards are longer where c would still be more than a hundredth of w, as far as
    there remain some for each worker.

    Parameters
    ----------
    n_rows : int
        Rows of the run, at least 1.
    row_seconds : float or None
        What one of them takes; None where that is not known.
    workers : int
        Processes that share the work.
    max_rows : int
        Most rows that a shard may have.

    Returns
    -------
    int
        From 1 to `max_rows`, so that every worker has the same number of shards.
    """
    if row_seconds is None:
        return min(max(1, _ceil_div(n_rows, DEFAULT_SHARDS)), max_rows)
    total = n_rows * row_seconds / workers
    balanced = 2 * math.sqrt(SHARD_OVERHEAD_SECONDS * total)
    thrifty = min(SHARD_OVERHEAD_SECONDS / _OVERHEAD, total / _SHARDS_PER_WORKER)
    seconds = min(max(balanced, thrifty), _LONGEST_SECONDS)
    even = _ceil_div(n_rows, workers)
    wanted = even if row_seconds * even <= seconds else int(seconds / row_seconds)
    size = min(max(wanted, _ceil_div(n_rows, _MAX_SHARDS), 1), max_rows)
    return _evened(n_rows, size, row_seconds, workers=workers, max_rows=max_rows)


def _evened(n_rows: int, size: int, row_seconds: float, *, workers: int, max_rows: int) -> int:
    """Make shards larger, by up to a third or one round, where workers then end earlier.

    Of 400 rows in shards of 7, the busier of two workers has 203; of shards of 8 both have 200.
    """
    rounds = _ceil_div(_ceil_div(n_rows, size), workers)
    least = max(1, rounds - max(1, rounds // 4))
    even = {fewer: _ceil_div(n_rows, fewer * workers) for fewer in range(least, rounds + 1)}

    def seconds(rounds: int) -> float:
        return (rounds + 1 / 4) * even[rounds] * row_seconds + rounds * SHARD_OVERHEAD_SECONDS

    fitting = [fewer for fewer, rows in even.items() if rows <= max_rows and rows * row_seconds <= _LONGEST_SECONDS]
    return even[min(fitting or [rounds], key=seconds)]


def max_rows_in_memory(spec: ExperimentSpec) -> int:
    """Count the rows of an experiment that a worker may hold at once; at least 1."""
    values = len(spec.parameters) + len(spec.metrics)
    return max(1, _MEMORY // (_BYTES_PER_ROW + _BYTES_PER_VALUE * values))


def _ceil_div(number: int, divisor: int) -> int:
    return -(-number // divisor)
