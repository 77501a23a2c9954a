"""Shards on this machine: long enough that their fixed cost is small, short enough that workers end together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import faulty_models
from workbench.contract import Caps
from workbench.experiments import mmc_queue
from workbench.runs.sizing import choose_local_shard_size, max_rows_in_memory

N_ROWS = st.integers(1, 3_000_000_000)
COSTS = st.one_of(st.none(), st.floats(0, 1e5))
WORKERS = st.integers(1, 256)
MAX_ROWS = st.integers(1_000, 1_000_000)


def shards_of(n_rows: int, size: int) -> int:
    return -(-n_rows // size)


@given(n_rows=N_ROWS, row_seconds=COSTS, workers=WORKERS, max_rows=MAX_ROWS)
def test_a_size_is_within_its_bounds(n_rows: int, row_seconds: float | None, workers: int, max_rows: int) -> None:
    size = choose_local_shard_size(n_rows, row_seconds, workers=workers, max_rows=max_rows)
    assert 1 <= size <= max_rows
    if row_seconds is not None:
        needed = shards_of(n_rows, max_rows)
        assert shards_of(n_rows, size) <= max(Caps().max_shards, needed) + workers


@given(n_rows=st.integers(1_000, 10**8), row_seconds=st.floats(1e-7, 10), workers=st.integers(1, 16))
def test_no_worker_is_left_without_work(n_rows: int, row_seconds: float, workers: int) -> None:
    size = choose_local_shard_size(n_rows, row_seconds, workers=workers, max_rows=100_000)
    shards = shards_of(n_rows, size)
    assert shards >= workers
    # In every round but for the rounding of the last rows each worker has a shard.
    rounds = -(-shards // workers)
    assert rounds * workers * size >= n_rows
    assert (rounds * workers - shards) * size <= rounds * workers


@given(
    seconds=st.floats(20, 1e6), row_seconds=st.floats(1e-5, 0.1), workers=st.integers(1, 16), max_rows=st.just(10**9)
)
def test_the_fixed_cost_is_a_hundredth_of_a_long_run(
    seconds: float, row_seconds: float, workers: int, max_rows: int
) -> None:
    n_rows = int(seconds * workers / row_seconds)
    size = choose_local_shard_size(n_rows, row_seconds, workers=workers, max_rows=max_rows)
    longest = max(30.0, seconds * workers / Caps().max_shards)
    assert 0.65 <= size * row_seconds <= longest * 1.01 + row_seconds
    assert shards_of(n_rows, size) >= 4 * workers


@pytest.mark.parametrize(
    ("n_rows", "row_seconds", "size"),
    [
        (100_000, 2e-6, 25_000),
        (2_000_000, 2e-6, 100_000),
        (20_000, 1e-3, 667),
        (400, 0.1, 8),
        (12, 60.0, 1),
        (5, None, 1),
        (5_000_000, None, 100_000),
        (5_000, None, 100),
        (1, 1e-6, 1),
    ],
)
def test_sizes_on_two_cores(n_rows: int, row_seconds: float | None, size: int) -> None:
    assert choose_local_shard_size(n_rows, row_seconds, workers=2, max_rows=100_000) == size


def test_more_columns_are_fewer_rows() -> None:
    narrow, wide = max_rows_in_memory(faulty_models.in_place.spec), max_rows_in_memory(mmc_queue.spec)
    assert 10_000 < wide < narrow < 1_000_000
