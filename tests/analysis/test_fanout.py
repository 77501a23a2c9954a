"""The simulated fan-out: where there is room for all it is what is estimated, and beyond it no better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.fanout import SHARD_SECONDS, simulate
from workbench.analysis.ramp import follow
from workbench.analysis.usage import Deployment

LAMBDA = Deployment(cold_start_seconds=1.0)


@pytest.mark.parametrize("shards", [1, 200, 1_000])
def test_where_there_is_room_for_all_it_is_what_is_estimated(shards: int) -> None:
    found = simulate(shards, LAMBDA)
    assert found.seconds == pytest.approx(follow([SHARD_SECONDS] * shards, LAMBDA).seconds)
    assert (found.environments, found.throttles, found.given_up) == (shards, 0, 0)
    assert max(found.running) == shards


@pytest.mark.parametrize(("shards", "limit"), [(3_000, 1_000), (3_000, 10_000), (500, 7)])
def test_where_events_come_again_it_takes_no_less_and_keeps_to_the_limit(shards: int, limit: int) -> None:
    deployment = replace(LAMBDA, concurrency=limit)
    found = simulate(shards, deployment)
    assert found.throttles > 0
    assert found.given_up == 0
    assert found.seconds >= follow([SHARD_SECONDS] * shards, deployment).seconds
    assert found.environments <= limit
    assert max(found.running) <= limit
    assert sum(found.running) == pytest.approx(shards * SHARD_SECONDS, rel=0.1)


def test_events_of_six_hours_are_given_up() -> None:
    # Each of the two lasts the whole six hours.
    found = simulate(3, replace(LAMBDA, concurrency=2), seconds=6 * 3_600.0)
    assert found.given_up == 1
