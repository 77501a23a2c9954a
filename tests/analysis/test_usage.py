"""What is billed follows from what was evaluated; the constants are those of the functions that do it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lambdas.parent import dispatch
from workbench.analysis import usage
from workbench.analysis.usage import Deployment, Usage, Work, outcome_bytes, run_usage

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

WORK = Work(rows=1_000, shards=10, invocations=10, environments=4, seconds=100.0, bytes=5e6)
PLAIN = Deployment(memory_mb=2048, cold_start_seconds=1.5, invocation_seconds=0.1, row_overhead_seconds=0.001)


def test_billed_seconds_by_hand() -> None:
    used = run_usage(WORK, PLAIN)
    # 100 s of rows, 1 s of their overhead, ten invocations of 100.5 ms, four cold starts.
    assert used.child_gb_seconds == pytest.approx(2 * (100 + 1 + 1.005 + 6))
    assert used.parent_gb_seconds == pytest.approx(1.023)
    assert used.gb_seconds == used.child_gb_seconds + used.parent_gb_seconds
    assert (used.lambda_requests, used.api_requests) == (11, 1)
    assert (used.s3_puts, used.s3_gets) == (12, 40 + 50)
    assert used.athena_bytes == 0


def test_a_query_scans_ten_megabytes_at_least_and_whole_ones() -> None:
    assert run_usage(WORK, PLAIN, queries=3).athena_bytes == 3 * 10 * 2**20
    large = replace(WORK, bytes=20 * 2**20 + 1)
    assert run_usage(large, PLAIN, queries=2).athena_bytes == 2 * 21 * 2**20


def test_many_shards_take_copies_of_the_parent() -> None:
    few, many = (
        run_usage(replace(WORK, shards=shards, invocations=shards), PLAIN).lambda_requests - shards
        for shards in (200, 1_201)
    )
    assert (few, many) == (1, 1 + 3)


def test_on_this_machine_nothing_is_billed() -> None:
    assert run_usage(WORK, replace(PLAIN, billed=False), watched_seconds=9, queries=9) == Usage()


@pytest.mark.parametrize(("timeout", "seconds"), [(300, 290), (40, 32), (math.inf, math.inf)])
def test_a_pass_ends_before_the_time_limit(timeout: float, seconds: float) -> None:
    deployment = Deployment(timeout_s=timeout)
    assert deployment.pass_seconds == seconds
    assert deployment.passes(min(seconds, 1e9)) == 1
    assert deployment.passes(0.0) == 1
    if math.isfinite(seconds):
        assert deployment.passes(seconds * 2.5) == 3


@pytest.mark.parametrize(("memory", "share"), [(1769, 1.0), (3538, 1.0), (512, 512 / 1769)])
def test_little_memory_is_a_part_of_a_processor(memory: int, share: float) -> None:
    assert Deployment(memory_mb=memory).processor_share == share


def test_the_dispatch_is_that_of_the_parent() -> None:
    assert (usage.INLINE_SHARDS, usage.RANGE_SHARDS) == (dispatch.INLINE_SHARDS, dispatch.RANGE_SHARDS)


def test_outcomes_grow_with_rows_and_shards(spec: ExperimentSpec) -> None:
    base = outcome_bytes(spec, rows=100, shards=1)
    assert outcome_bytes(spec, rows=200, shards=1) - base == 100 * (16 + 7 * 8 + 2 * 24)
    assert outcome_bytes(spec, rows=100, shards=2) > base
