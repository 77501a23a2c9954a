"""A pilot learns what a row takes, and nothing that a row does can harm whoever asks."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.experiments import experiment
from workbench.runs.pilot import mean_row_seconds, measure_row
from workbench.space import stride

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Result:
    whole: int


@experiment(version="1")
def slow(*, x: int, folder: str) -> Result:
    """Leave a file, and take longer than a pilot lasts."""
    Path(folder, str(x)).touch()
    time.sleep(0.15)
    return Result(whole=x)


@experiment(version="1")
def fatal(*, x: int) -> Result:
    os._exit(3)


@experiment(version="1")
def wrong(*, x: int) -> Result:
    raise ValueError(f"{x}")


@experiment(version="1", vectorized=True)
def counted(*, x: int, folder: str) -> Result:
    """Leave a file that says how many rows came."""
    Path(folder[0], str(len(x))).touch()  # type: ignore[arg-type]
    return Result(whole=x)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(9.0, None), (0.5, None), (0.7, None)], 0.6),  # the first one loads what the others find
        ([(9.0, None)], 9.0),
        ([(9.0, None), (0.5, "ValueError"), (0.0, "_PilotOverError"), (0.0, "DEADLINE")], 0.5),
        ([(9.0, None), (0.0, "TIMEOUT"), (1.0, None)], 1.5),
        ([(0.0, "TIMEOUT")], 2.0),
        ([(0.0, "CRASH"), (0.0, "CANCELLED")], None),
        ([], None),
    ],
)
def test_what_rows_tell(rows: Sequence[tuple[float, str | None]], expected: float | None) -> None:
    codes, seconds = [code for _, code in rows], [seconds for seconds, _ in rows]
    found = mean_row_seconds(codes, seconds, row_timeout=2.0)
    assert found is None if expected is None else found == pytest.approx(expected)


def test_few_rows_are_spread_over_the_space(tmp_path: Path) -> None:
    manifest = plan(wb.Sweep(slow, wb.product(x=range(1000)), fixed={"folder": str(tmp_path)}))
    found = measure_row(manifest, slow)
    assert found is not None
    assert found >= 0.15
    seen = {int(path.name) for path in tmp_path.iterdir()}
    step = stride(1000)
    assert seen == {position * step % 1000 for position in range(1, 1 + len(seen))}
    assert len(seen) < 64


def test_a_row_that_hangs_takes_at_least_as_long_as_it_was_let() -> None:
    manifest = plan(wb.Sweep(faulty_models.waits_for, wb.product(x=range(20)), fixed={"gate": "/nowhere"}))
    found = measure_row(manifest, faulty_models.waits_for)
    assert found is not None
    assert found >= 1


def test_rows_that_end_their_process_tell_nothing() -> None:
    assert measure_row(plan(wb.Sweep(fatal, wb.product(x=range(100)))), fatal) is None


def test_rows_that_raise_have_taken_their_time() -> None:
    found = measure_row(plan(wb.Sweep(wrong, wb.product(x=range(100)))), wrong)
    assert found is not None
    assert found > 0


def test_of_a_few_rows_none_is_tried(tmp_path: Path) -> None:
    manifest = plan(wb.Sweep(slow, wb.product(x=range(7)), fixed={"folder": str(tmp_path)}))
    assert measure_row(manifest, slow) is None
    assert list(tmp_path.iterdir()) == []


def test_random_rows_are_tried_too() -> None:
    found = measure_row(plan(wb.Sweep(faulty_models.noise, wb.product(a=range(100)))), faulty_models.noise)
    assert found is not None


@pytest.mark.parametrize(("n_rows", "calls"), [(400, {50}), (1_000_000, {64, 4096})])
def test_arrays_are_tried_in_two_sizes(tmp_path: Path, n_rows: int, calls: set[int]) -> None:
    sweep = wb.Sweep(counted, wb.product(x=range(n_rows)), fixed={"folder": str(tmp_path)})
    assert measure_row(plan(sweep), counted, begin_seconds=math.inf) is not None
    assert {int(path.name) for path in tmp_path.iterdir()} == calls
