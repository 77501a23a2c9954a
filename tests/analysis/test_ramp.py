"""The simulated queue keeps to the limits of Lambda, and wastes nothing within them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.ramp import follow
from workbench.analysis.usage import Deployment

LAMBDA = Deployment(cold_start_seconds=1.0)
SECONDS = st.lists(st.floats(0.001, 1_000), min_size=1, max_size=50)


def test_one_shard_waits_for_the_parent_and_a_cold_start() -> None:
    course = follow([10.0], LAMBDA)
    assert (course.seconds, course.environments) == (1 + 1 + 10, 1)


def test_the_ramp_adds_a_hundred_environments_a_second_beyond_the_first_thousand() -> None:
    course = follow([60.0] * 3_000, replace(LAMBDA, concurrency=10_000))
    # The last of 3,000 starts after 20 s; all were dispatched by then.
    assert (course.seconds, course.environments) == (pytest.approx(20 + 1 + 60), 3_000)


def test_the_limit_of_the_account_makes_shards_wait() -> None:
    course = follow([60.0] * 2_000, LAMBDA)
    assert course.environments == 1_000
    # Four copies of the parent start the first thousand in 250 steps; the last of the second wave finds the last of
    # the first one warm.
    assert course.seconds == pytest.approx(2 + 249 * 0.0023 + 1 + 60 + 60)


def test_short_shards_share_environments() -> None:
    assert follow([0.001] * 2_000, LAMBDA).environments < 2_000


def test_workers_of_this_machine_have_neither_dispatch_nor_ramp() -> None:
    here = replace(LAMBDA, billed=False, concurrency=2)
    assert follow([3.0] * 4, here).seconds == 1 + 3 + 3


@given(seconds=SECONDS, concurrency=st.integers(1, 60))
def test_no_run_is_faster_than_its_work_allows(seconds: list[float], concurrency: int) -> None:
    course = follow(seconds, replace(LAMBDA, concurrency=concurrency))
    assert 1 <= course.environments <= min(concurrency, len(seconds))
    assert course.seconds >= 2 + max(seconds[0], sum(seconds) / concurrency) - 1e-9
    assert course.seconds <= 2 + 1 + 50 * 0.0023 + sum(seconds)


@given(seconds=SECONDS, concurrency=st.integers(1, 60))
def test_work_for_one_more_shard_is_never_done_sooner(seconds: list[float], concurrency: int) -> None:
    deployment = replace(LAMBDA, concurrency=concurrency)
    fewer, more = follow(seconds[:-1], deployment), follow(seconds, deployment)
    assert more.seconds >= fewer.seconds
    assert more.environments >= fewer.environments
