"""How a run spreads over Lambda: the dispatch, the ramp of environments, cold starts, and the queue, shard by shard."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.analysis.usage import DISPATCH_SECONDS, INLINE_SHARDS, RANGE_SHARDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.analysis.usage import Deployment

__all__ = ["Course", "arrivals", "follow", "ready"]

# "1,000 execution environment instances every 10 seconds" for each function, refilled continuously, nothing saved up:
# https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
_BURST: Final = 1_000
_PER_SECOND: Final = 100.0
# From the submission to a parent that works; copies of it take that again.
_PARENT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Course:
    """What became of a simulated run.

    Parameters
    ----------
    seconds : float
        From the submission to the end of the last shard.
    environments : int
        How many were started, each with a cold start.
    """

    seconds: float
    environments: int


def follow(shards: Sequence[float], deployment: Deployment) -> Course:
    """Run shards through the queue, first come first served, until all have ended.

    A shard takes an idle environment if there is one. Otherwise it takes whatever comes first: a new environment, as
    the ramp and the account's limit allow, or the first one to become free. That Lambda waits longer and longer before
    it tries a throttled event again is left out.

    Parameters
    ----------
    shards : sequence of float
        Seconds that each takes in a warm environment, in the order of their dispatch.
    deployment : Deployment
        Where they run; only a service that is billed has a ramp and a dispatch.

    Returns
    -------
    Course
    """
    free: list[float] = []
    started, last = 0, 0.0
    cold = deployment.cold_start_seconds
    for arrival, seconds in zip(arrivals(len(shards), deployment), shards, strict=True):
        first = free[0] if free else math.inf
        opens = max(arrival, ready(started, deployment))
        if first <= opens:
            ended = max(arrival, first) + seconds
            heapq.heapreplace(free, ended)
        else:
            started += 1
            ended = opens + cold + seconds
            heapq.heappush(free, ended)
        last = max(last, ended)
    return Course(last, started)


def ready(started: int, deployment: Deployment) -> float:
    """Say when the next environment may start.

    Parameters
    ----------
    started : int
        How many were started before.
    deployment : Deployment
        Where.

    Returns
    -------
    float
        Seconds after the submission; infinite where the account has no more.
    """
    if started >= deployment.concurrency:
        return math.inf
    return max(0.0, (started + 1 - _BURST) / _PER_SECOND) if deployment.billed else 0.0


def arrivals(n_shards: int, deployment: Deployment) -> list[float]:
    """Say when the events of a run's shards reach Lambda.

    Parameters
    ----------
    n_shards : int
        How many.
    deployment : Deployment
        Where; only a service that is billed has a dispatch.

    Returns
    -------
    list of float
        Seconds after the submission, increasing.
    """
    if not deployment.billed:
        return [0.0] * n_shards
    if n_shards <= INLINE_SHARDS:
        return [_PARENT_SECONDS + place * DISPATCH_SECONDS for place in range(n_shards)]
    # Every copy goes through its own range at the same time.
    return sorted(2 * _PARENT_SECONDS + place % RANGE_SHARDS * DISPATCH_SECONDS for place in range(n_shards))
