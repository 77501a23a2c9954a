"""Estimates against measured gigabyte-seconds, on the stack in the laptop.

Run as ``python -m benchmarks.estimate [concurrency]`` on an idle machine. One child runs at once by default, for
children that share processors take longer than a pilot can know. What was billed is read from the REPORT line of every
invocation, which the emulator logs as Lambda does. Cold starts are measured apart, for its children stay warm from one
run to the next.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3

import workbench as wb
from workbench.analysis.cost import run_cost
from workbench.analysis.usage import Deployment
from workbench.contract import Output
from workbench.localcloud import process
from workbench.localcloud.deploy import deploy

if TYPE_CHECKING:
    from workbench.analysis.cost import Cost
    from workbench.analysis.estimate import Estimate
    from workbench.runs.cloud import CloudBackend, Stack

BILLED: Final = re.compile(r"^REPORT .*\tBilled Duration: (?P<ms>[\d.]+) ms\tMemory Size: (?P<mb>\d+) MB")
ROUNDS: Final = 5
PATIENCE_SECONDS: Final = 20.0
# Within so much of what was measured an estimate is good.
TOLERANCE: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Load:
    """A sweep and its shards."""

    label: str
    sweep: wb.Sweep
    shard_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One run: what was expected, what its outcomes tell, and what was billed, in gigabyte-seconds of children."""

    estimate: Estimate
    cost: Cost
    billed: float
    calls: int

    @property
    def off(self) -> float:
        """Share by which the estimate is above what was billed."""
        return self.estimate.usage.child_gb_seconds / self.billed - 1


class Bills:
    """The REPORT lines of a function of the emulator, read as its superuser."""

    def __init__(self, stack: Stack, output: Output) -> None:
        session: Any = boto3.session.Session("test", "test", region_name=stack.session.region_name)
        functions = session.client("lambda", endpoint_url=stack.endpoint_url)
        found = functions.get_function_configuration(FunctionName=stack.outputs[output])
        self._group = found["LoggingConfig"]["LogGroup"]
        self._logs = session.client("logs", endpoint_url=stack.endpoint_url)

    def read(self) -> list[float]:
        """Return the gigabyte-seconds of every invocation so far."""
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self._group)
            lines = [event["message"] for page in pages for event in page["events"]]
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        found = (BILLED.match(line) for line in lines)
        return [float(match["ms"]) / 1e3 * int(match["mb"]) / 1024 for match in found if match]

    def await_more(self, than: int, expected: int) -> list[float]:
        """Return those of the invocations since, once all have logged; an outcome lands before its child ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found := self.read()) < than + expected and time.monotonic() < deadline:
            time.sleep(0.2)
        return found[than:]


def loads() -> list[Load]:
    """Rows of less than a millisecond to a tenth of a second, in few shards and in many."""
    points = wb.product(arrival_rate=wb.linspace(0.5, 0.9, 20))
    return [
        Load(label="short rows, long shards", sweep=sweep(points, horizon=1.0, replicates=1_500), shard_size=3_000),
        Load(label="shards by the pilot", sweep=sweep(points, horizon=1e5, replicates=50)),
        Load(label="few long shards", sweep=sweep(points, horizon=1e5, replicates=50), shard_size=250),
        Load(label="long rows, short shards", sweep=sweep(points, horizon=1e6, replicates=2), shard_size=2),
    ]


def sweep(points: Any, *, horizon: float, replicates: int) -> wb.Sweep:
    """Return a sweep of queues that lasts as long as the horizon says."""
    return wb.Sweep("mmc_queue", points, replicates=replicates, fixed={"horizon": horizon})


def measure(backend: CloudBackend, load: Load, deployment: Deployment) -> Measurement:
    """Estimate a load, run it, and read what was billed."""
    bills = Bills(backend.stack, Output.CHILD)
    before = len(bills.read())
    estimate = load.sweep.estimate(deployment, shard_size=load.shard_size)
    run = backend.submit(load.sweep, shard_size=estimate.shard_size, fresh=True)
    run.wait(progress=False)
    billed = bills.await_more(before, run.manifest.n_shards)
    cost = run_cost(run._engine, run.manifest, deployment=deployment)  # noqa: SLF001 -- this is the back end's own
    return Measurement(estimate=estimate, cost=cost, billed=sum(billed), calls=len(billed))


def compare(backend: CloudBackend, deployment: Deployment) -> float:
    """Print a table of the median round of each load, and return by how much the worst of these is off."""
    every = loads()
    taken: dict[str, list[Measurement]] = {load.label: [] for load in every}
    for _ in range(ROUNDS):
        for load in every:
            taken[load.label].append(measure(backend, load, deployment))
    print(
        "| load | shards | row, ms | estimated | afterwards | billed | estimate off by | rounds | rows alone | calls |"
    )
    print("| --- |" + " ---: |" * 9)
    worst = 0.0
    for label, rounds in taken.items():
        rounds.sort(key=lambda found: found.off)
        median = rounds[ROUNDS // 2]
        estimate, cost = median.estimate, median.cost
        worst = max(worst, abs(median.off))
        print(
            f"| {label} | {estimate.shards} | {estimate.row_seconds * 1e3:.3g} | "
            f"{estimate.usage.child_gb_seconds:.2f} | {cost.usage.child_gb_seconds:.2f} | {median.billed:.2f} | "
            f"{median.off:+.0%} | {rounds[0].off:+.0%} to {rounds[-1].off:+.0%} | "
            f"{cost.row_seconds * deployment.memory_gb:.2f} | {median.calls} |"
        )
    return worst


def warm_up(backend: CloudBackend, deployment: Deployment) -> None:
    """Start the children that all rounds share, and print what that took beside a warm call."""
    first = Load(label="warm-up", sweep=sweep(wb.product(arrival_rate=[0.5]), horizon=1.0, replicates=10), shard_size=1)
    measure(backend, first, deployment)
    seconds = [gb_seconds / deployment.memory_gb for gb_seconds in Bills(backend.stack, Output.CHILD).read()]
    print(f"The first call took {seconds[0]:.2f} s, the later ones {statistics.median(seconds[1:]):.3f} s.\n")


def main() -> None:
    """Start a stack of its own, compare on it, and fail where an estimate is off by more than the tolerance."""
    concurrency = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        state_dir = process.default_state_dir()
        try:
            deploy(process.start(state_dir, concurrency=concurrency))
            backend, deployment = wb.connect("local"), Deployment(concurrency=concurrency, cold_start_seconds=0.0)
            warm_up(backend, deployment)
            worst = compare(backend, deployment)
        finally:
            process.stop(state_dir)
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
