"""Estimates follow from the rows that were tried, by hand where nothing is left to chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis.estimate import Plan, estimate_run
from workbench.analysis.prices import Prices
from workbench.analysis.usage import Deployment
from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec

ONE = ExperimentSpec(
    name="one",
    version="1",
    fingerprint="f",
    uses_rng=False,
    doc="",
    parameters=(ParameterSpec(name="x", type="float"),),
    metrics=(MetricSpec(name="y", type="float"),),
)
LAMBDA = Deployment(memory_mb=1024, cold_start_seconds=1.0, invocation_seconds=0.05, row_overhead_seconds=0.0)


def plan(**changes: Any) -> Plan:
    return replace(Plan(spec=ONE, rows=1_000, shard_size=100, row_seconds=(0.1,)), **changes)


def test_rows_that_all_take_the_same_leave_nothing_to_chance() -> None:
    found = estimate_run(plan(), LAMBDA, queries=0)
    assert (found.shards, found.environments, found.requests) == (10, 10, 11)
    assert found.usage.child_gb_seconds == pytest.approx(100 + 10 * 0.0505 + 10 * 1.0)
    assert found.seconds_p50 == found.seconds_p95 == pytest.approx(1 + 9 * 0.0023 + 1 + 10 + 0.05)
    assert found.gb_seconds_p95 == found.gb_seconds
    assert found.charges.compute == pytest.approx((110.505 + 1.023) * 0.0000166667)
    assert found.dollars == found.dollars_p95 == found.charges.total


def test_the_first_row_of_each_shard_may_take_longer() -> None:
    usual, slow = (estimate_run(plan(first_seconds=seconds), LAMBDA) for seconds in (0.0, 3.0))
    assert slow.usage.child_gb_seconds - usual.usage.child_gb_seconds == pytest.approx(10 * 3)
    assert slow.seconds_p50 - usual.seconds_p50 == pytest.approx(3)
    assert slow.gb_seconds_p95 == slow.gb_seconds


def test_a_shard_beyond_the_time_limit_takes_several_invocations() -> None:
    found = estimate_run(plan(row_seconds=(10.0,)), LAMBDA)
    assert found.requests == 10 * 4 + 1  # 1,000 s, and 290 s in each pass


def test_the_last_shard_may_be_smaller() -> None:
    assert plan(rows=250).sizes.tolist() == [100, 100, 50]
    found = estimate_run(plan(rows=250), LAMBDA)
    assert found.usage.child_gb_seconds == pytest.approx(25 + 3 * 1.0505)


@given(
    rows=st.integers(1, 1_000),
    more=st.integers(0, 1_000),
    shard_size=st.integers(4, 400),
    row_seconds=st.lists(st.floats(0, 30), min_size=1, max_size=5),
    concurrency=st.integers(1, 500),
)
@settings(max_examples=40)
def test_more_rows_are_never_cheaper(
    rows: int, more: int, shard_size: int, row_seconds: list[float], concurrency: int
) -> None:
    deployment = replace(LAMBDA, concurrency=concurrency)
    few, many = (
        estimate_run(plan(rows=count, shard_size=shard_size, row_seconds=row_seconds), deployment)
        for count in (rows, rows + more)
    )
    assert many.dollars >= few.dollars * (1 - 1e-12)
    assert many.gb_seconds >= few.gb_seconds * (1 - 1e-12)
    assert many.requests >= few.requests


@given(
    row_seconds=st.lists(st.floats(1e-6, 100), min_size=1, max_size=20),
    shard_size=st.integers(1, 100),
    concurrency=st.integers(1, 50),
)
@settings(max_examples=40)
def test_no_estimate_is_below_what_the_work_takes(row_seconds: list[float], shard_size: int, concurrency: int) -> None:
    found = estimate_run(
        plan(rows=100, shard_size=shard_size, row_seconds=row_seconds), replace(LAMBDA, concurrency=concurrency)
    )
    assert 0 < found.seconds_p50 <= found.seconds_p95
    assert found.seconds_p50 >= 100 * min(row_seconds) / concurrency
    assert found.gb_seconds >= 100 * np.mean(row_seconds) * (1 - 1e-9)
    assert found.gb_seconds_p95 >= found.gb_seconds
    assert found.dollars_p95 >= found.dollars


def test_rows_that_differ_leave_a_margin_that_more_of_them_narrow() -> None:
    times = np.random.default_rng(1).lognormal(0, 0.5, 400)
    few, many = (estimate_run(plan(row_seconds=times[:count]), LAMBDA) for count in (20, 400))
    margins = [found.gb_seconds_p95 / found.gb_seconds for found in (few, many)]
    assert margins[0] > margins[1] > 1
    assert few.seconds_p95 > few.seconds_p50


def test_the_same_seed_gives_the_same_estimate() -> None:
    wanted = plan(row_seconds=(0.1, 0.2, 5.0), shard_size=7)
    assert estimate_run(wanted, LAMBDA, seed=3) == estimate_run(wanted, LAMBDA, seed=3)
    assert estimate_run(wanted, LAMBDA, seed=3) != estimate_run(wanted, LAMBDA, seed=4)


def test_prices_can_be_replaced() -> None:
    usual, dearer = (
        estimate_run(plan(), LAMBDA, prices=prices) for prices in (Prices(), Prices(lambda_gb_second=0.0000333334))
    )
    assert dearer.charges.compute == pytest.approx(2 * usual.charges.compute)
    assert dearer.charges.athena == usual.charges.athena > 0


def test_on_this_machine_only_time_is_estimated() -> None:
    found = estimate_run(plan(), replace(LAMBDA, billed=False, concurrency=4))
    assert (found.dollars, found.gb_seconds, found.requests) == (0, 0, 0)
    assert found.seconds_p50 == pytest.approx(1 + 3 * 10.05)
    assert "nothing: it is evaluated on this machine" in str(found)


def test_it_reads_as_a_bill() -> None:
    found = estimate_run(plan(), LAMBDA)
    assert str(found) == repr(found)
    for part in (
        "1,000 rows in 10 shards of 100",
        "100 ms, the mean of 1",
        "12.1 s",
        "112 GB-seconds",
        "11 requests",
        "compute $0.0019",
    ):
        assert part in str(found)
    assert "at least" not in str(found)
    cut = estimate_run(plan(cut_off=1), LAMBDA)
    assert "at least $0.00" in str(cut)
    assert "1 of the rows tried were ended early" in str(cut)
