"""Shards that nobody asked for are chosen by what a row takes, within the caps."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import faulty_models
import workbench as wb
from workbench.contract import DEFAULT_SHARDS, Caps, Catalog, Manifest, plan_run
from workbench.contract.plan import SHARD_SECONDS, choose_shard_size
from workbench.errors import SweepError

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(100)), replicates=100)
CAPS = st.builds(
    Caps, max_shards=st.integers(1, 20_000), max_rows_per_shard=st.integers(1, 200_000), max_rows=st.just(10**8)
)
SECONDS = st.one_of(st.none(), st.floats(0, 1e6), st.sampled_from([5e-324, 1.8e308]))


def plan(row_seconds: float | None, caps: Caps | None = None) -> Manifest:
    request = SWEEP.request(row_seconds=row_seconds)
    catalog = Catalog(experiments=(faulty_models.noise.spec,))
    return plan_run(request, catalog, caps or Caps(), created_by="tester", created_at="2026-01-01T00:00:00+00:00")


@given(n_rows=st.integers(1, 10**8), row_seconds=SECONDS, caps=CAPS)
@example(n_rows=10**600, row_seconds=1e-6, caps=Caps())
@example(n_rows=51, row_seconds=0.0, caps=Caps(max_shards=51, max_rows_per_shard=2))
def test_the_caps_are_kept_and_shards_are_no_longer_than_they_should_be(
    n_rows: int, row_seconds: float | None, caps: Caps
) -> None:
    size = choose_shard_size(n_rows, row_seconds, caps)
    assert 1 <= size <= caps.max_rows_per_shard
    fewest = -(-n_rows // caps.max_shards)
    assert -(-n_rows // size) <= caps.max_shards or fewest > caps.max_rows_per_shard
    if size > max(1, fewest):
        assert size <= -(-n_rows // DEFAULT_SHARDS)
        assert row_seconds is None or size * row_seconds <= SHARD_SECONDS * (1 + 1e-9)


@pytest.mark.parametrize(
    ("row_seconds", "n_shards"),
    [(None, 50), (0.0, 50), (2e-6, 50), (0.1, 50), (0.3, 100), (3.0, 1000), (30.0, 10_000), (900.0, 10_000)],
)
def test_a_costly_row_makes_more_shards(row_seconds: float | None, n_shards: int) -> None:
    assert plan(row_seconds).n_shards == n_shards


def test_a_run_is_the_same_run_whatever_its_shards() -> None:
    plans = [plan(row_seconds) for row_seconds in (None, 0.3, 3.0)]
    assert len({manifest.shard_size for manifest in plans}) == 3
    assert len({(manifest.run_id, manifest.sweep_id) for manifest in plans}) == 1


@pytest.mark.parametrize("row_seconds", [-1.0, math.inf, math.nan])
def test_a_cost_that_cannot_be(row_seconds: float) -> None:
    with pytest.raises(SweepError, match=r"row_seconds: is .*; 0 seconds or more") as refused:
        plan(row_seconds)
    assert not refused.value.over_cap


def test_an_asked_for_size_is_taken() -> None:
    request = msgspec.structs.replace(SWEEP.request(row_seconds=3.0), shard_size=77)
    catalog = Catalog(experiments=(faulty_models.noise.spec,))
    manifest = plan_run(request, catalog, Caps(), created_by="tester", created_at="2026-01-01T00:00:00+00:00")
    assert (manifest.shard_size, manifest.n_shards) == (77, 130)
