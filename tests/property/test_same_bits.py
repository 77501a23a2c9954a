"""A row's numbers are the same bits on every back end, for every shard size, and whatever grid is around the row."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import faulty_models
import random_models
import workbench as wb
from small_runs import bits, plan, rows_of
from workbench.compute.shard import run_shard
from workbench.contract import Task
from workbench.storage.local import LocalStore
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from workbench.contract import Seeding
    from workbench.runs.run import Run

Point = tuple[float, int, str, bool]

points = st.tuples(st.floats(-1e6, 1e6), st.integers(-(2**53), 2**53), st.text(max_size=3), st.booleans())
grids = st.lists(points, min_size=1, max_size=7, unique=True)
seeds = st.integers(0, 2**64 - 1)
seedings = st.sampled_from(["independent", "common"])
drawing = st.sampled_from([faulty_models.noise, random_models.drawn_together])


def sweep_over(
    grid: list[Point],
    *,
    replicates: int,
    seed: int,
    seeding: Seeding,
    experiment: wb.Experiment[..., Any] = faulty_models.noise,
) -> wb.Sweep:
    columns: dict[str, Any] = dict(zip("abcd", map(list, zip(*grid, strict=True)), strict=True))
    return wb.Sweep(experiment, wb.zipped(**columns), replicates=replicates, seed=seed, seeding=seeding)


def evaluated(sweep: wb.Sweep, *, shard_size: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    manifest = plan(sweep, shard_size=shard_size)
    store = MemoryStore()
    for shard_id in range(manifest.n_shards):
        task = Task(run_id=manifest.run_id, shard_id=shard_id)
        run_shard(store, manifest, task, worker="here", experiment=sweep.experiment)
    return bits(rows_of(store, manifest), manifest)


def left_by(run: Run, root: Path) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return bits(rows_of(LocalStore(root), run.manifest), run.manifest)


@settings(max_examples=30)
@given(
    experiment=drawing,
    grid=grids,
    replicates=st.integers(1, 4),
    seed=seeds,
    seeding=seedings,
    shard_size=st.integers(1, 30),
)
def test_any_shard_size(
    experiment: wb.Experiment[..., Any],
    grid: list[Point],
    replicates: int,
    seed: int,
    seeding: Seeding,
    shard_size: int,
) -> None:
    sweep = sweep_over(grid, replicates=replicates, seed=seed, seeding=seeding, experiment=experiment)
    whole = evaluated(sweep, shard_size=sweep.n_rows)
    assert len(whole) == sweep.n_rows
    assert evaluated(sweep, shard_size=shard_size) == whole


@settings(max_examples=30)
@given(grid=grids, more=grids, seed=seeds, seeding=seedings, shard_size=st.integers(1, 30), data=st.data())
def test_a_reordered_and_extended_grid(
    grid: list[Point], more: list[Point], seed: int, seeding: Seeding, shard_size: int, data: st.DataObject
) -> None:
    small = evaluated(sweep_over(grid, replicates=2, seed=seed, seeding=seeding), shard_size=3)
    mixed = data.draw(st.permutations(list(dict.fromkeys([*grid, *more]))))
    large = evaluated(sweep_over(mixed, replicates=3, seed=seed, seeding=seeding), shard_size=shard_size)
    assert {row: large[row] for row in small} == small


@settings(max_examples=30)
@given(grid=grids, seed=seeds, seeding=seedings, sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_row_by_row_and_vectorized(grid: list[Point], seed: int, seeding: Seeding, sizes: tuple[int, int]) -> None:
    alone, together = (
        evaluated(
            sweep_over(grid, replicates=3, seed=seed, seeding=seeding, experiment=experiment), shard_size=shard_size
        )
        for experiment, shard_size in zip((random_models.drawn_alone, random_models.drawn_together), sizes, strict=True)
    )
    assert len(alone) == 3 * len(grid)
    assert {row: (*metrics[:3], metrics[-1]) for row, metrics in together.items()} == alone
    assert {metrics[-1] for metrics in alone.values()} == {None}


@pytest.mark.parametrize("experiment", [faulty_models.noise, random_models.drawn_together])
@settings(max_examples=4)
@given(grid=grids, seed=seeds, sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_serial_and_processes(
    experiment: wb.Experiment[..., Any], grid: list[Point], seed: int, sizes: tuple[int, int]
) -> None:
    sweep = sweep_over(grid, replicates=3, seed=seed, seeding="independent", experiment=experiment)
    with tempfile.TemporaryDirectory() as folder:
        alone, together = Path(folder, "serial"), Path(folder, "processes")
        serial = wb.serial(alone).submit(sweep, shard_size=sizes[0])
        parallel = wb.processes(2, root=together).submit(sweep, shard_size=sizes[1])
        assert parallel.wait(timeout=60, progress=False).state == "SUCCEEDED"
        found = left_by(parallel, together)
        assert len(found) == sweep.n_rows
        assert found == left_by(serial, alone)


def test_rows_that_fail_are_the_same_too(tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(8)), replicates=3, seed=5)
    serial = wb.serial(tmp_path / "serial").submit(sweep, shard_size=5)
    parallel = wb.processes(2, root=tmp_path / "processes").submit(sweep, shard_size=7)
    assert parallel.wait(timeout=60, progress=False).state == "FAILED"
    found = left_by(parallel, tmp_path / "processes")
    assert found == left_by(serial, tmp_path / "serial")
    assert {row[0] for row, metrics in found.items() if metrics[-1] == "ValueError"} == {0, 3, 6}


def test_numbers_differ_where_the_row_differs() -> None:
    grid: list[Point] = [(0.5, 1, "a", False), (0.5, 1, "a", True), (0.5, 1, "b", False), (0.5, 2, "a", False)]
    one, other = (
        evaluated(sweep_over(grid, replicates=2, seed=seed, seeding="independent"), shard_size=4) for seed in (1, 2)
    )
    uniforms = [metrics[0] for metrics in (*one.values(), *other.values())]
    assert len(set(uniforms)) == len(uniforms) == 16


@settings(max_examples=30)
@given(
    experiment=drawing,
    grid=grids,
    cut=st.integers(1, 4),
    replicates=st.integers(5, 8),
    seed=seeds,
    seeding=seedings,
    data=st.data(),
)
def test_later_replicates_of_some_points(
    experiment: wb.Experiment[..., Any],
    grid: list[Point],
    cut: int,
    replicates: int,
    seed: int,
    seeding: Seeding,
    data: st.DataObject,
) -> None:
    whole = sweep_over(grid, replicates=replicates, seed=seed, seeding=seeding, experiment=experiment)
    chosen = data.draw(st.sets(st.integers(0, len(grid) - 1), min_size=1))
    part = wb.Sweep(
        experiment,
        whole.document.space.pick(chosen),
        replicates=replicates - cut,
        first_replicate=cut,
        seed=seed,
        seeding=seeding,
    )
    found = evaluated(part, shard_size=3)
    assert sorted({key[-1] for key in found}) == list(range(cut, replicates))
    assert len(found) == len(chosen) * (replicates - cut)
    rows = evaluated(whole, shard_size=whole.n_rows)
    assert {key: rows[key] for key in found} == found
