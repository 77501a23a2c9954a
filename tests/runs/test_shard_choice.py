"""Whoever submits may say how a sweep is cut; else a pilot does, once per run, and no result depends on it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from small_runs import bits, rows_of
from workbench.errors import SweepError
from workbench.experiments import experiment
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Mapping

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(40)), replicates=2, seed=3)


@dataclasses.dataclass(frozen=True)
class Result:
    whole: int


@experiment(version="1")
def counts(*, x: int, folder: str) -> Result:
    """Leave one more file for every evaluation of a row."""
    Path(folder, f"{x}-{time.monotonic_ns()}").touch()
    return Result(whole=x)


def finished(backend: Any, sweep: wb.Sweep, **options: Any) -> wb.Run:
    run: wb.Run = backend.submit(sweep, **options)
    assert run.wait(timeout=60, progress=False).state == "SUCCEEDED"
    return run


@pytest.mark.parametrize(("options", "n_shards"), [({"shard_count": 7}, 7), ({"shard_size": 7}, 12)])
def test_what_is_asked_for(tmp_path: Path, options: Mapping[str, int], n_shards: int) -> None:
    for backend in (wb.serial(tmp_path / "serial"), wb.processes(2, root=tmp_path / "processes")):
        assert finished(backend, SWEEP, **options).manifest.n_shards == n_shards


def test_both_are_refused_before_anything_is_evaluated(tmp_path: Path) -> None:
    backend = wb.processes(2, root=tmp_path)
    with pytest.raises(SweepError, match="give one of them"):
        backend.submit(SWEEP, shard_size=1, shard_count=80)
    assert backend.run_ids() == []


def test_the_numbers_do_not_depend_on_the_choice(tmp_path: Path) -> None:
    chosen = finished(wb.processes(2, root=tmp_path / "chosen"), SWEEP)
    asked = finished(wb.processes(2, root=tmp_path / "asked"), SWEEP, shard_size=1)
    assert chosen.run_id == asked.run_id
    assert chosen.manifest.n_shards % 2 == 0
    found = [
        bits(rows_of(LocalStore(tmp_path / folder), run.manifest), run.manifest)
        for folder, run in (("chosen", chosen), ("asked", asked))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 80


def test_a_run_that_exists_needs_no_pilot(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    sweep = wb.Sweep(counts, wb.product(x=range(16)), fixed={"folder": str(marks)})
    backend = wb.processes(1, root=tmp_path / "results")
    first = finished(backend, sweep)
    evaluated = len(list(marks.iterdir()))
    assert evaluated > 16  # the pilot's rows too
    assert finished(backend, sweep).manifest == first.manifest
    assert len(list(marks.iterdir())) == evaluated


def test_rows_that_hang_do_not_keep_a_sweep_from_being_submitted(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    sweep = wb.Sweep(faulty_models.waits_for, wb.product(x=range(16)), fixed={"gate": str(gate)})
    run = wb.processes(2, root=tmp_path / "results").submit(sweep)
    assert not gate.exists()
    assert run.manifest.shard_size == 1
    gate.touch()
    assert run.wait(timeout=60, progress=False).state == "SUCCEEDED"


def test_rows_that_crash_do_not_either(tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.misbehaves, wb.product(x=range(16)), fixed={"how": "exit"})
    status = wb.processes(2, root=tmp_path).submit(sweep).wait(timeout=60, progress=False)
    assert (status.rows.succeeded, status.rows.failed) == (15, 1)


def test_serial_rows_are_evaluated_once(tmp_path: Path) -> None:
    sweep = wb.Sweep(counts, wb.product(x=range(100)), fixed={"folder": str(tmp_path)})
    run = finished(wb.serial(tmp_path / "results"), sweep)
    assert len(list(tmp_path.glob("*-*"))) == 100
    assert run.manifest.n_shards == 50
