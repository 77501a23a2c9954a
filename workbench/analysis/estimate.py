"""What a run will take: wall time, gigabyte-seconds, requests and dollars, from the times of a few rows.

What it costs follows from the mean row. How long it takes, and how far all of that may be off, follows from a
bootstrap: the rows that were tried are drawn again, shards are put together from them, and the queue is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.analysis.prices import Charges, Prices, charge, dollars
from workbench.analysis.ramp import Course, follow
from workbench.analysis.usage import Deployment, Usage, Work, outcome_bytes, run_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.contract import ExperimentSpec

__all__ = ["QUERIES", "Estimate", "Plan", "estimate_run"]

# Of an afternoon with the results of a run; each one scans it all.
QUERIES: Final = 10
_PERCENTILES: Final = (50, 95)
# So many shards are simulated in all, which takes a quarter of a second.
_SIMULATED: Final = 200_000
_ROUNDS: Final = (5, 100)
_UNITS: Final = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}
# The sum of so many rows is drawn as a normal number instead.
_MANY_ROWS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be estimated.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    rows, shard_size : int
        Of the run.
    row_seconds : sequence of float
        What rows take in a child: a fair sample, at least one.
    first_seconds : float
        What the first row of each shard takes besides.
    cut_off : int
        How many of them were ended before they came to their own end.
    """

    spec: ExperimentSpec
    rows: int
    shard_size: int
    row_seconds: Sequence[float]
    first_seconds: float = 0.0
    cut_off: int = 0

    @property
    def shards(self) -> int:
        """How many there are."""
        return -(-self.rows // self.shard_size)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each shard."""
        sizes = np.full(self.shards, self.shard_size, np.int64)
        sizes[-1] = self.rows - self.shard_size * (self.shards - 1)
        return sizes


@dataclass(frozen=True, kw_only=True, repr=False)
class Estimate:
    """What a run will take.

    Parameters
    ----------
    rows, shards, shard_size : int
        Of the run.
    row_seconds : float
        What a row takes in a child, on average.
    tried, cut_off : int
        Rows that this was learnt from, and how many of them were ended early: where there are any, everything here is
        a lower bound.
    deployment : Deployment
        Where it is evaluated.
    environments : int
        Children that are started cold, and the most that work at once.
    seconds_p50, seconds_p95 : float
        Wall time, from the submission to the last outcome.
    usage : Usage
        What is billed.
    gb_seconds_p95 : float
        Of Lambda, where the rows that were tried are cheaper than most.
    charges : Charges
        What it costs.
    dollars_p95 : float
        Likewise.
    """

    rows: int
    shards: int
    shard_size: int
    row_seconds: float
    tried: int
    cut_off: int
    deployment: Deployment
    environments: int
    seconds_p50: float
    seconds_p95: float
    usage: Usage
    gb_seconds_p95: float
    charges: Charges
    dollars_p95: float

    @property
    def gb_seconds(self) -> float:
        """Of Lambda: billed duration times memory."""
        return self.usage.gb_seconds

    @property
    def requests(self) -> int:
        """Invocations of Lambda."""
        return self.usage.lambda_requests

    @property
    def dollars(self) -> float:
        """What it costs, in all."""
        return self.charges.total

    def __str__(self) -> str:
        least = "at least " if self.cut_off else ""
        row, median, late = (_duration(time) for time in (self.row_seconds, self.seconds_p50, self.seconds_p95))
        lines = [
            f"{self.rows:,} rows in {self.shards:,} shards of {self.shard_size:,}",
            f"  row     {least}{row}, the mean of {self.tried:,}",
            f"  time    {least}{median}, or {late} at the 95th percentile; up to {self.environments:,} shards at once",
        ]
        if not self.deployment.billed:
            return "\n".join([*lines, "  cost    nothing: it is evaluated on this machine"])
        usual, more = f"{self.gb_seconds:,.0f}", f"{self.gb_seconds_p95:,.0f}"
        lines += [
            f"  Lambda  {least}{usual} GB-seconds ({more}), {self.requests:,} requests",
            f"  memory  {self.deployment.memory_mb:,} MB for a child",
            f"  cost    {least}{dollars(self.dollars)} ({dollars(self.dollars_p95)}): {self.charges}",
        ]
        if self.cut_off:
            lines.append(f"  {self.cut_off:,} of the rows tried were ended early: give row_seconds to know more")
        return "\n".join(lines)

    __repr__ = __str__


def estimate_run(
    plan: Plan, deployment: Deployment, *, prices: Prices | None = None, queries: int = QUERIES, seed: int = 0
) -> Estimate:
    """Estimate what a run takes and costs.

    Parameters
    ----------
    plan : Plan
        What is evaluated.
    deployment : Deployment
        Where.
    prices : Prices, optional
        Those of the table by default.
    queries : int
        Queries over all outcomes afterwards.
    seed : int
        Of the bootstrap; the same one gives the same estimate.

    Returns
    -------
    Estimate
    """
    rng = np.random.default_rng(seed)
    prices = prices or Prices()
    row_seconds = np.asarray(plan.row_seconds, float)
    mean = float(row_seconds.mean())
    evaluation, environments, walls = _bootstrap(plan, deployment, row_seconds, rng)
    median, late = (float(wall) for wall in np.percentile(walls, _PERCENTILES))
    work, course = _mean_course(plan, deployment, mean)
    usage = run_usage(work, deployment, watched_seconds=course.seconds, queries=queries)
    # Only the time of the rows is uncertain, and only to the worse: half of the rounds are cheaper than the mean.
    more = max(0.0, float(np.percentile(evaluation, _PERCENTILES[1])) - work.seconds)
    more_gb_seconds = more * deployment.memory_gb if deployment.billed else 0.0
    charges = charge(usage, prices)
    return Estimate(
        rows=plan.rows,
        shards=plan.shards,
        shard_size=plan.shard_size,
        row_seconds=mean,
        tried=len(row_seconds),
        cut_off=plan.cut_off,
        deployment=deployment,
        environments=max(environments, work.environments),
        seconds_p50=median,
        seconds_p95=late,
        usage=usage,
        gb_seconds_p95=usage.gb_seconds + more_gb_seconds,
        charges=charges,
        dollars_p95=charges.total + more_gb_seconds * prices.lambda_gb_second,
    )


def _mean_course(plan: Plan, deployment: Deployment, row_seconds: float) -> tuple[Work, Course]:
    """Return what a run takes whose rows all take the mean: no chance is in it, so more rows always cost more."""
    seconds = plan.sizes.astype(np.float64) * row_seconds + plan.first_seconds
    course = follow(_warm_seconds(plan, deployment, seconds).tolist(), deployment)
    work = Work(
        rows=plan.rows,
        shards=plan.shards,
        invocations=sum(deployment.passes(shard) for shard in seconds.tolist()),
        environments=course.environments,
        seconds=float(seconds.sum()),
        bytes=outcome_bytes(plan.spec, rows=plan.rows, shards=plan.shards),
    )
    return work, course


def _bootstrap(
    plan: Plan, deployment: Deployment, row_seconds: NDArray[np.float64], rng: np.random.Generator
) -> tuple[list[float], int, list[float]]:
    """Return what a number of possible runs take: seconds of evaluation, most environments, and wall times."""
    fewest, most = _ROUNDS
    evaluation, walls, environments = [], [], 0
    for _ in range(max(fewest, min(most, _SIMULATED // plan.shards))):
        again = rng.choice(row_seconds, len(row_seconds))
        shards = _shard_seconds(again, plan.sizes, rng) + plan.first_seconds
        course = follow(_warm_seconds(plan, deployment, shards).tolist(), deployment)
        evaluation.append(float(shards.sum()))
        walls.append(course.seconds)
        environments = max(environments, course.environments)
    return evaluation, environments, walls


def _shard_seconds(
    row_seconds: NDArray[np.float64], sizes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw what shards take, each row of them one of those that were tried."""
    size = int(sizes[0])
    if size >= _MANY_ROWS:
        drawn = rng.normal(sizes * row_seconds.mean(), np.sqrt(sizes) * row_seconds.std())
        bounded: NDArray[np.float64] = np.clip(drawn, sizes * row_seconds.min(), sizes * row_seconds.max())
        return bounded
    rows = rng.choice(row_seconds, (len(sizes), size))
    rows[-1, sizes[-1] :] = 0.0
    seconds: NDArray[np.float64] = rows.sum(axis=1)
    return seconds


def _warm_seconds(plan: Plan, deployment: Deployment, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add to the evaluation of shards what else they take in a warm environment."""
    passes = np.maximum(1, np.ceil(seconds / deployment.pass_seconds))
    warm: NDArray[np.float64] = (
        seconds + plan.sizes * deployment.row_overhead_seconds + passes * deployment.invocation_seconds
    )
    return warm


def _duration(seconds: float) -> str:
    """Write a time in the largest unit that it fills.

    Examples
    --------
    >>> [_duration(seconds) for seconds in (0.00000234, 0.0123, 5.25, 400.0, 8_000.0)]
    ['2.34 µs', '12.3 ms', '5.25 s', '6.67 min', '2.22 h']
    """
    found = next((unit for unit in _UNITS if seconds >= _UNITS[unit]), "µs")
    return f"{seconds / _UNITS[found]:.3g} {found}"
