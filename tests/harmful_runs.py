"""Sweeps of `harmful`, and how tests wait for what becomes of them: for events, never for the clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import workbench as wb
from fatal_models import harmful
from workbench.space import ShardPlan, stride

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.runs.run import Run
    from workbench.runs.status import RunStatus

__all__ = ["SECONDS", "ended", "harmful_sweep", "rows_of_shard", "wait_until"]

# Patience with a machine that does other things too.
SECONDS: Final = 150


def harmful_sweep(folder: Path, harms: Sequence[str], *, seed: int = 3) -> wb.Sweep:
    """Row i does the i-th harm, while `folder` is armed."""
    points = wb.zipped(x=range(len(harms)), harm=list(harms))
    return wb.Sweep(harmful, points, seed=seed, fixed={"folder": str(folder)})


def ended(run: Run) -> RunStatus:
    """Wait until every shard has ended."""
    return run.wait(timeout=SECONDS, progress=False)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for something that is sure to come."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: it did not come in {SECONDS} s"
        time.sleep(0.02)


def rows_of_shard(n_rows: int, shard_size: int, shard_id: int) -> list[int]:
    """Rows that a shard has, whatever the run."""
    plan = ShardPlan(n_rows=n_rows, shard_size=shard_size)
    return sorted(position * stride(n_rows) % n_rows for position in range(*plan.bounds(shard_id)))
