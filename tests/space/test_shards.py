"""Rows and shards: every row in exactly one shard, and every shard a fair sample."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.space import ShardPlan, stride


def exact_quotient(n_rows: int) -> Decimal:
    with localcontext(prec=60):
        return n_rows * (Decimal(5).sqrt() - 1) / 2


@given(st.integers(1, 3_000), st.integers(1, 3_500))
def test_every_row_is_in_exactly_one_shard(n_rows: int, shard_size: int) -> None:
    plan = ShardPlan(n_rows=n_rows, shard_size=shard_size)
    step = stride(n_rows)
    rows = [position * step % n_rows for _, start, stop in plan for position in range(start, stop)]
    assert sorted(rows) == list(range(n_rows))


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_bounds_follow_each_other(n_rows: int, shard_size: int) -> None:
    plan = ShardPlan(n_rows=n_rows, shard_size=shard_size)
    last = plan.n_shards - 1
    assert plan.n_shards == math.ceil(n_rows / shard_size)
    assert plan.bounds(0)[0] == 0
    assert plan.bounds(last)[1] == n_rows
    middle = last // 2
    start, stop = plan.bounds(middle)
    assert 0 < stop - start <= shard_size
    if middle < last:
        assert stop - start == shard_size
        assert plan.bounds(middle + 1)[0] == stop
    assert next(iter(plan)) == (0, *plan.bounds(0))


@pytest.mark.parametrize("shard_id", [-1, 3])
def test_there_are_no_shards_outside(shard_id: int) -> None:
    with pytest.raises(IndexError, match="of 3"):
        ShardPlan(n_rows=25, shard_size=10).bounds(shard_id)


@given(st.integers(1, 3_000_000_000))
def test_the_stride_is_coprime_and_fits(n_rows: int) -> None:
    assert math.gcd(stride(n_rows), n_rows) == 1
    assert n_rows * stride(n_rows) < 2**63


@given(st.integers(2, 10**12))
def test_the_stride_is_the_coprime_integer_nearest_to_the_golden_section(n_rows: int) -> None:
    found = stride(n_rows)
    exact = exact_quotient(n_rows)
    distance = abs(found - exact)
    closer = range(math.ceil(exact - distance), math.floor(exact + distance) + 1)
    assert [other for other in closer if other != found and math.gcd(other, n_rows) == 1] == []


@pytest.mark.parametrize(("n_rows", "step"), [(1, 1), (2, 1), (3, 2), (8, 5), (10, 7), (100, 61), (1000, 619)])
def test_strides_never_change(n_rows: int, step: int) -> None:
    assert stride(n_rows) == step


@pytest.mark.parametrize("n_rows", [1_000, 9_973, 30_030])
def test_every_shard_is_a_fair_sample(n_rows: int) -> None:
    step = stride(n_rows)
    for _, start, stop in ShardPlan(n_rows=n_rows // 100 * 100, shard_size=100):
        quarters = [0, 0, 0, 0]
        for position in range(start, stop):
            quarters[position * step % n_rows * 4 // n_rows] += 1
        assert min(quarters) >= 20
