"""How a run spreads over Lambda, for 1,000 to 1,000,000 shards: simulated event by event, drawn, and put into a table.

Run as ``python -m benchmarks.fanout`` for the table and `docs/images/fanout.png`, and as ``python -m benchmarks.fanout
check [concurrency]`` for runs on the stack in the laptop beside their simulation.

`workbench.analysis.ramp.follow`, which estimates use, serves the queue as soon as there is room: the least that a run
takes. Here each event that finds no room comes again after a delay of its own that doubles from one second to five
minutes, as Lambda documents it: that is the most. An event that is six hours old is given up. Sources:
https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html and .../invocation-async-error-handling.html.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from workbench.analysis.ramp import arrivals, follow, ready
from workbench.analysis.usage import Deployment

__all__ = ["Fanout", "simulate"]

SHARDS: Final = (1_000, 10_000, 100_000, 1_000_000)
LIMITS: Final = (1_000, 10_000)
SHARD_SECONDS: Final = 30.0
FIGURE: Final = Path(__file__).resolve().parents[1] / "docs" / "images" / "fanout.png"
_FIRST_DELAY: Final = 1.0
_LONGEST_DELAY: Final = 300.0
_DOUBLINGS: Final = 9  # from a second to five minutes
_GIVEN_UP_SECONDS: Final = 6 * 3_600.0
# Lambda does not say how its delays spread; without any, all events of a burst would come again at once.
_SPREAD: Final = (0.8, 1.2)


@dataclass(frozen=True, kw_only=True)
class Fanout:
    """What became of a simulated run whose throttled events come again.

    Parameters
    ----------
    seconds : float
        From the submission to the end of the last shard.
    dispatched : float
        When the last event reached Lambda.
    environments : int
        How many were started.
    throttles : int
        How often an event found no room.
    given_up : int
        Events that were six hours old: the recorder makes their rows THROTTLED.
    running : tuple of int
        How many shards ran at once, second by second.
    """

    seconds: float
    dispatched: float
    environments: int
    throttles: int
    given_up: int
    running: tuple[int, ...]


def simulate(n_shards: int, deployment: Deployment, *, seconds: float = SHARD_SECONDS, seed: int = 0) -> Fanout:
    """Send every event of a run, and again where it finds no room.

    Parameters
    ----------
    n_shards : int
        Shards of the run.
    deployment : Deployment
        Where.
    seconds : float
        What each shard takes in a warm environment.
    seed : int
        Of the spread of the delays.

    Returns
    -------
    Fanout
    """
    rng = random.Random(seed)
    first = arrivals(n_shards, deployment)
    events = [(arrival, arrival, 0) for arrival in first]  # sorted, and so a heap
    busy: list[float] = []
    idle = started = throttles = given_up = 0
    last = 0.0
    changes: Counter[int] = Counter()  # of how many run, by the second
    while events:
        now, sent, refusals = heapq.heappop(events)
        while busy and busy[0] <= now:
            last = heapq.heappop(busy)
            idle += 1
        cold = 0.0
        if idle:
            idle -= 1
        elif ready(started, deployment) <= now:
            started += 1
            cold = deployment.cold_start_seconds
        else:
            throttles += 1
            delay = min(_FIRST_DELAY * 2 ** min(refusals, _DOUBLINGS), _LONGEST_DELAY) * rng.uniform(*_SPREAD)
            if now + delay - sent > _GIVEN_UP_SECONDS:
                given_up += 1
            else:
                heapq.heappush(events, (now + delay, sent, refusals + 1))
            continue
        ends = now + cold + seconds
        heapq.heappush(busy, ends)
        changes[int(now)] += 1
        changes[int(ends)] -= 1
    end = max(busy, default=last)
    return Fanout(
        seconds=end,
        dispatched=first[-1],
        environments=started,
        throttles=throttles,
        given_up=given_up,
        running=tuple(accumulate(changes[second] for second in range(int(end) + 2))),
    )


def main() -> None:
    """Print the table and draw the figure."""
    from benchmarks.fanout_figure import Line, draw  # noqa: PLC0415 -- the check needs no matplotlib

    print("| shards | children at once | last event sent | least | most | throttles a shard | given up |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    lines = []
    for limit in LIMITS:
        deployment = Deployment(concurrency=limit)
        for shards in SHARDS:
            least = follow([SHARD_SECONDS] * shards, deployment).seconds
            most = simulate(shards, deployment)
            lines.append(Line(shards=shards, limit=limit, least=least, most=most))
            print(
                f"| {shards:,} | {limit:,} | {most.dispatched:.1f} s | {_time(least)} | {_time(most.seconds)} "
                f"| {most.throttles / shards:.1f} | {most.given_up:,} |",
                flush=True,
            )
    draw(lines, FIGURE)


def _time(seconds: float) -> str:
    if seconds >= 5_400:  # noqa: PLR2004 -- an hour and a half
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"  # noqa: PLR2004


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        from benchmarks.fanout_check import check

        check(int(sys.argv[2]) if len(sys.argv) > 2 else 2)  # noqa: PLR2004
    else:
        main()
