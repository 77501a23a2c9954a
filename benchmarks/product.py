"""The workbench itself, by its public API; and what the aggregate over many outcomes is compared with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import workbench as wb
from benchmarks import models
from benchmarks.functions import SEED
from benchmarks.outcome import Outcome, described

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.races import Race
    from workbench import Run

__all__ = ["ask_merged", "ask_outcomes", "evaluate", "prepare"]

_MERGED = "merged.parquet"
_STATISTICS = ("count", "mean", "std")  # those that the peers compute


def evaluate(race: Race, folder: Path, cores: int) -> Outcome:
    """Sweep on all cores, to the aggregate."""
    run = _swept(race, folder, cores)
    by, metric = next(iter(race.axes)), race.load.metrics[0]
    summary = run.aggregate(by=[by], metrics=[metric], stats=_STATISTICS)
    return described(time.monotonic(), summary, _files(folder))


def prepare(race: Race, folder: Path, cores: int) -> Outcome:
    """Leave outcomes, and the same rows in one file, for the comparison of aggregates."""
    import duckdb  # noqa: PLC0415 -- no other contender shall pay for it

    _swept(race, folder, cores)
    outcomes, merged = str(folder / "outcomes/**/*.parquet"), str(folder / _MERGED)
    connection = duckdb.connect(":memory:")
    relation = connection.sql(
        "SELECT * FROM read_parquet(?, hive_partitioning = false) ORDER BY row_index", params=[outcomes]
    )
    relation.write_parquet(merged, compression="zstd")
    return Outcome(finished=time.monotonic())


def ask_outcomes(race: Race, folder: Path, cores: int) -> Outcome:
    """Aggregate over the outcome files of the run that was prepared."""
    backend = wb.processes(cores, root=folder)
    run = backend.open(backend.run_ids()[0])
    began, cpu = time.perf_counter(), time.process_time()
    summary = run.aggregate(by=[next(iter(race.axes))], metrics=[race.load.metrics[0]], stats=_STATISTICS)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return described(time.monotonic(), summary, _files(folder), wall_s=wall_s, cpu_s=cpu_s)


def ask_merged(race: Race, folder: Path, cores: int) -> Outcome:
    """Aggregate over the one file with DuckDB alone: the same statistics, none of the checks."""
    by, metric = next(iter(race.axes)), race.load.metrics[0]
    statement = (
        f"SELECT {by}, count({metric}) AS count, avg({metric}) AS mean, stddev_samp({metric}) AS std "  # noqa: S608
        f"FROM read_parquet(?) GROUP BY {by} ORDER BY {by}"
    )
    merged = folder / _MERGED
    began, cpu = time.perf_counter(), time.process_time()
    import duckdb  # noqa: PLC0415 -- on the clock, as what the workbench imports for its first question is

    with duckdb.connect(":memory:", config={"threads": cores}) as connection:
        summary = connection.execute(statement, [str(merged)]).df()
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return described(time.monotonic(), summary, [merged], wall_s=wall_s, cpu_s=cpu_s)


def _swept(race: Race, folder: Path, cores: int) -> Run:
    space = wb.product(**{name: wb.linspace(*axis) for name, axis in race.axes.items()})
    sweep = wb.Sweep(getattr(models, race.load.experiment), space, replicates=race.replicates, seed=SEED)
    run = wb.processes(cores, root=folder).submit(sweep, shard_size=race.shard_size)
    run.wait(progress=False)
    return run


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "outcomes").glob("**/*.parquet"))
