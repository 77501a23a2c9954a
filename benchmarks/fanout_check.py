"""Runs on the stack in the laptop beside their simulation: the small end of the fan-out.

The emulator has a bounded queue in the place of Lambda's: no ramp, and no throttled event, for which nothing can be
checked here. What is checked is that dispatch and queue add up to the time of a run, from 50 to 500 shards: below and
above the number from which copies of the parent start the children.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import workbench as wb
from workbench.analysis.ramp import follow
from workbench.analysis.usage import Deployment
from workbench.experiments import mmc_queue
from workbench.localcloud import process
from workbench.localcloud.deploy import deploy

if TYPE_CHECKING:
    from workbench.runs.cloud import CloudBackend

__all__ = ["check"]

SIZES: Final = (50, 200, 500)
CALIBRATION: Final = 100
_POLL_SECONDS: Final = 0.05


def check(concurrency: int) -> None:
    """Print measured and simulated times.

    Parameters
    ----------
    concurrency : int
        Children that run at once.
    """
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        state_dir = Path(home) / "local"
        try:
            deploy(process.start(state_dir, concurrency=concurrency))
            _compare(wb.connect("local"), concurrency)
        finally:
            process.stop(state_dir)


def _compare(backend: CloudBackend, concurrency: int) -> None:
    _run(backend, concurrency, seed=1)  # every environment is started
    _, calibration = _run(backend, CALIBRATION, seed=2)
    seconds = calibration * concurrency / CALIBRATION
    print(f"{concurrency} children at once, {1e3 * seconds:.0f} ms a shard in a run of {CALIBRATION}")
    here = replace(Deployment(concurrency=concurrency), billed=False, cold_start_seconds=0.0)
    print("| shards | answered after | measured | simulated | off by |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for size in SIZES:
        answered, measured = _run(backend, size, seed=size)
        simulated = follow([seconds] * size, here).seconds
        print(
            f"| {size} | {answered:.2f} s | {measured:.1f} s | {simulated:.1f} s | {simulated / measured - 1:+.0%} |",
            flush=True,
        )


def _run(backend: CloudBackend, n_shards: int, *, seed: int) -> tuple[float, float]:
    """Return when a run was answered, and when its last shard had landed, in seconds after the submission."""
    sweep = wb.Sweep(
        mmc_queue,
        wb.product(arrival_rate=[0.5]),
        replicates=n_shards,
        seed=seed,
        fixed={"horizon": 200.0},
    )
    begun = time.perf_counter()
    run = backend.submit(sweep, shard_size=1, fresh=True)
    answered = time.perf_counter() - begun
    while run.status().shards.missing:
        time.sleep(_POLL_SECONDS)
    return answered, time.perf_counter() - begun
