"""What cannot be beaten: the same calls in a bare loop, and bare numpy that writes the same Parquet."""

from __future__ import annotations

import itertools
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import functions, models
from benchmarks.functions import SEED
from benchmarks.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.races import Race

__all__ = ["bare_loop", "bare_numpy"]

_BLOCK_ROWS = 1_000_000


def bare_loop(race: Race, folder: Path, cores: int) -> Outcome:  # noqa: ARG001 -- a contender like the others
    """Make every call of the sweep and keep nothing, one after the other; one generator serves all rows."""
    function = getattr(models, race.load.experiment).function
    (first, firsts), (second, seconds) = ((name, np.linspace(*axis).tolist()) for name, axis in race.axes.items())
    more = {"rng": np.random.Generator(np.random.Philox(SEED))} if race.load.random else {}
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(race.replicates):
        for one, other in itertools.product(firsts, seconds):
            function(**{first: one, second: other}, **more)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return Outcome(finished=time.monotonic(), wall_s=wall_s, cpu_s=cpu_s)


def bare_numpy(race: Race, folder: Path, cores: int) -> Outcome:  # noqa: ARG001 -- a contender like the others
    """Evaluate the arrays and write the columns of an outcome into one file, on one core, block after block."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    function = getattr(functions, race.load.function)
    path = folder / "results.parquet"
    wall, cpu = time.perf_counter(), time.process_time()
    _write(path, race, function)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    finished = time.monotonic()
    metric = pq.read_table(path, columns=[race.load.metrics[0]])[0].to_numpy()
    return Outcome(
        finished=finished,
        wall_s=wall_s,
        cpu_s=cpu_s,
        rows=len(metric),
        mean=float(metric.mean()),
        error=float(metric.std()) / len(metric) ** 0.5,
        schema=[f"{column.name} {column.type}" for column in pq.read_schema(path)],
    )


def _write(path: Path, race: Race, function: Callable[..., Any]) -> None:
    axes = [np.linspace(*axis) for axis in race.axes.values()]
    constants: dict[str, Any] = {}
    writer = None
    for start in range(0, race.rows, _BLOCK_ROWS):
        index = np.arange(start, min(start + _BLOCK_ROWS, race.rows))
        places = np.divmod(index, len(axes[1]))
        arguments = [axis[place] for axis, place in zip(axes, places, strict=True)]
        if len(constants.get("attempt", ())) != len(index):
            constants = _constants(len(index))
        table = _table(race, index, arguments, function(*arguments), constants)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=len(index))
    if writer:
        writer.close()


def _table(
    race: Race,
    index: NDArray[np.int64],
    arguments: list[NDArray[np.float64]],
    metrics: tuple[NDArray[np.float64], ...],
    constants: dict[str, Any],
) -> Any:
    identity = {
        "shard_id": constants["shard_id"],
        "row_index": index,
        "point_index": index,
        "replicate": constants["shard_id"],
    }
    values = dict(zip((*race.axes, *race.load.metrics), (*arguments, *metrics), strict=True))
    report = {name: column for name, column in constants.items() if name != "shard_id"}
    return pa.table(identity | values | report)


def _constants(n_rows: int) -> dict[str, Any]:
    """Build the columns that are the same in every row, as long as an outcome's own texts."""

    def column(value: Any, kind: Any) -> Any:
        return pa.repeat(pa.scalar(value, type=kind), n_rows)

    return {
        "shard_id": column(0, pa.int32()),
        "error_code": pa.nulls(n_rows, pa.string()),
        "error_message": pa.nulls(n_rows, pa.string()),
        "duration_ms": column(0.0001, pa.float64()),
        "attempt": column(1, pa.int32()),
        "started_at": column(datetime.now(UTC).replace(tzinfo=None, microsecond=0), pa.timestamp("ms")),
        "worker": column("machine:12345", pa.string()),
        "fingerprint": column("0123456789abcdef" * 2, pa.string()),
        "schema_version": column(1, pa.int32()),
    }
