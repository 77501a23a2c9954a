"""Keys are as good as random ones: distinct, each bit of the input in each bit of the output, no pattern in the draws.

Every seed is fixed, so each test has one outcome for ever. The bounds are those that good keys would miss for less than
one in a thousand choices of the seeds, in each test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.compute.evaluate import evaluate
from workbench.compute.rows import shard_rows
from workbench.compute.seeding import RowGenerator, row_keys
from workbench.experiments import RowStreams, mmc_queue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.contract import Seeding

SPEC = faulty_models.noise.spec
SHARD = 100_000


def keys_of(
    *, a: Any = 0.5, b: Any = 1, c: str = "z", d: bool = False, replicate: Any = 0, seed: int = 7
) -> NDArray[np.uint64]:
    """Keys of rows whose columns are spread to one length."""
    wide = np.broadcast_arrays(
        np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.int64), np.asarray(replicate, dtype=np.int64)
    )
    a_column, b_column, replicates = (column.ravel() for column in wide)
    n_rows = len(replicates)
    columns: dict[str, NDArray[Any]] = {
        "a": a_column,
        "b": b_column,
        "c": np.full(n_rows, c, dtype=np.object_),
        "d": np.full(n_rows, d),
    }
    return row_keys(SPEC, columns, replicates, seed=seed, seeding="independent")


def first_draws(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    return RowStreams(keys).random()


def grid_draws(*, seed: int, replicate: int = 0, side: int = 300) -> NDArray[np.float64]:
    """First draws over a grid of neighbouring points: `a` down, `b` across."""
    a, b = np.linspace(0.0, 1.0, side)[:, np.newaxis], np.arange(side)[np.newaxis, :]
    return first_draws(keys_of(a=a, b=b, replicate=replicate, seed=seed)).reshape(side, side)


def test_ten_million_rows_of_a_dense_grid_have_distinct_keys() -> None:
    """Each lane is distinct by itself, which is more than is needed: of random ones, one grid in 370,000 has a pair."""
    n_a, n_b, n_replicates = 500, 1_000, 20
    index = np.arange(n_a * n_b * n_replicates)
    lanes = np.empty((2, index.size), dtype=np.uint64)
    for start in range(0, index.size, SHARD):
        replicate, point = np.divmod(index[start : start + SHARD], n_a * n_b)
        a, b = np.divmod(point, n_b)
        lanes[:, start : start + SHARD] = keys_of(a=a / n_a, b=b, replicate=replicate, seed=0).T
    for lane in lanes:
        lane.sort()
        assert not (lane[1:] == lane[:-1]).any()


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"a": 0.0, "b": 0, "c": "", "seed": 0}, (0xD0F66AB2B7A152AF, 0xF9159D231BAFE6F3)),
        (
            {"a": 0.1, "b": -1, "c": "ä", "d": True, "replicate": 3, "seed": 2**64 - 1},
            (0x15AFE0D0ABC81D25, 0x2450CB27821B9CE3),
        ),
        ({"a": 1e308, "b": 2**63 - 1, "replicate": 2**31 - 1}, (0x18C765D041465863, 0x5D40A22268221486)),
    ],
)
def test_keys_are_pinned_for_ever(row: dict[str, Any], key: tuple[int, int]) -> None:
    """Whoever changes these numbers changes the results of every stochastic run that was ever made."""
    assert keys_of(**row).tolist() == [list(key)]


def test_common_keys_and_first_draws_are_pinned_for_ever() -> None:
    key = row_keys(SPEC, {}, np.array([3]), seed=7, seeding="common")
    assert key.tolist() == [[0xB6839AB3D297B23B, 0x553E07E9F4752204]]
    assert RowGenerator().at(key[0]).random(2).tolist() == [0.7921568888623013, 0.2259603166368045]


def test_the_lanes_of_a_key_are_unrelated() -> None:
    keys = keys_of(b=np.arange(SHARD))
    assert_unrelated(*(keys.T >> np.uint64(11)) * 2.0**-53)
    assert_unrelated(*(keys.T << np.uint64(32) >> np.uint64(11)) * 2.0**-53)


N_BASES = 4_096
WORDS = {
    "seed": range(64),
    "a": [bit for bit in range(64) if bit != 62],  # the exponents of numbers from 1 to 2 have this one off: inf or NaN
    "b": range(64),
    "replicate": range(31),
}


def flips(word: str, bit: int) -> NDArray[np.int64]:
    """How often each of the 128 bits of a key changes when one bit of a word does."""
    bases = np.random.default_rng(sorted(WORDS).index(word))
    values = {
        "a": bases.uniform(1.0, 2.0, N_BASES),
        "b": bases.integers(-(2**63), 2**63 - 1, N_BASES),
        "replicate": bases.integers(0, 2**31 - 1, N_BASES),
    }
    seed = int(bases.integers(2**64 - 1, dtype=np.uint64))
    before = keys_of(**values, seed=seed)
    if word == "seed":
        seed ^= 1 << bit
    else:
        values[word] = (values[word].view(np.uint64) ^ np.uint64(1 << bit)).view(values[word].dtype)
    changed = before ^ keys_of(**values, seed=seed)
    return np.unpackbits(changed.view(np.uint8), axis=1).sum(axis=0, dtype=np.int64)


@pytest.mark.parametrize("word", WORDS)
def test_each_bit_of_a_word_flips_each_bit_of_the_key_half_of_the_time(word: str) -> None:
    deviations = np.array([(flips(word, bit) - N_BASES / 2) / (N_BASES / 4) ** 0.5 for bit in WORDS[word]])
    # No cell is off: six standard deviations among 8,192 cells are a chance of one in 60,000.
    assert np.abs(deviations).max() < 6
    # Nor are they off together, too far from a half or too near to it.
    assert 1e-5 < stats.chi2.cdf((deviations**2).sum(), deviations.size) < 1 - 1e-5


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_first_draws_of_a_grid_are_uniform(seed: int) -> None:
    draws = grid_draws(seed=seed)
    assert stats.kstest(draws.ravel(), "uniform").pvalue > 1e-4
    # And so is each line of the grid, in either direction.
    for lines in (draws, draws.T):
        assert stats.kstest([stats.kstest(line, "uniform").pvalue for line in lines], "uniform").pvalue > 1e-4


def assert_unrelated(one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    """Neither a straight line nor any other relation: the pairs fill the unit square evenly."""
    assert abs(stats.pearsonr(one.ravel(), other.ravel()).statistic) * one.size**0.5 < 4.5
    cells = np.histogram2d(one.ravel(), other.ravel(), bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > 1e-5


@pytest.mark.parametrize(
    ("down", "across"), [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (7, 0), (0, 8), (100, 0), (0, 128)]
)
def test_neighbours_on_a_grid_are_unrelated(down: int, across: int) -> None:
    draws = grid_draws(seed=3)
    side = len(draws)
    assert_unrelated(draws[: side - down, : side - across], draws[down:, across:])


@pytest.mark.parametrize("lag", [1, 2, 16])
def test_replicates_are_unrelated(lag: int) -> None:
    assert_unrelated(grid_draws(seed=3), grid_draws(seed=3, replicate=lag))
    one_point = first_draws(keys_of(replicate=np.arange(100_000)))
    assert stats.kstest(one_point, "uniform").pvalue > 1e-4
    assert_unrelated(one_point[:-lag], one_point[lag:])


@pytest.mark.parametrize("other", [4, 2, 3 ^ 1 << 63])
def test_seeds_are_unrelated(other: int) -> None:
    assert_unrelated(grid_draws(seed=3), grid_draws(seed=other))


def test_what_two_parameters_share_does_not_cancel() -> None:
    """The same number in the seed, the replicate and a parameter; and as a float and an integer of the same value."""
    same = np.arange(50_000)
    alone = first_draws(keys_of(b=same, seed=1))
    assert_unrelated(alone, first_draws(keys_of(b=same, replicate=same, seed=1)))
    assert_unrelated(alone, first_draws(keys_of(a=same, b=same, seed=1)))
    assert_unrelated(alone, first_draws(keys_of(replicate=same, seed=1)))


def test_streams_of_neighbouring_rows_are_unrelated_further_on() -> None:
    generator = RowGenerator()
    streams = np.array([generator.at(key).random(8) for key in keys_of(b=np.arange(10_000))])
    assert stats.kstest(streams.ravel(), "uniform").pvalue > 1e-4
    assert_unrelated(streams[:-1], streams[1:])
    # Nor is a stream its neighbour's, some draws later.
    for shift in (1, 4):
        assert_unrelated(streams[:-1, shift:], streams[1:, :-shift])


def evaluated(
    experiment: wb.Experiment[..., Any], space: Any, *, replicates: int, seeding: Seeding, metric: str
) -> Any:
    """One metric of a whole run: shape (replicates, points)."""
    manifest = plan(wb.Sweep(experiment, space, replicates=replicates, seed=11, seeding=seeding))
    rows = shard_rows(manifest, 0, manifest.n_rows)
    keys = row_keys(manifest.spec, rows.parameters, rows.replicate, seed=11, seeding=seeding)
    return evaluate(experiment, rows, keys).metrics[metric].reshape(replicates, -1)


def test_common_numbers_are_the_same_at_all_points() -> None:
    space = wb.product(a=[0.25, 0.5], b=[1, 2, 3])
    common = evaluated(faulty_models.noise, space, replicates=4, seeding="common", metric="uniform")
    assert (common == common[:, :1]).all()
    assert len(np.unique(common)) == 4
    independent = evaluated(faulty_models.noise, space, replicates=4, seeding="independent", metric="uniform")
    assert len(np.unique(independent)) == independent.size == 24


def test_common_numbers_reduce_the_variance_of_a_paired_difference() -> None:
    """The variance was 10.5 times as large with independent numbers, in 200 replicates of two nearby arrival rates."""
    space = wb.product(arrival_rate=[0.6, 0.65], horizon=[1_000.0])
    variance = {}
    seedings: tuple[Seeding, ...] = ("independent", "common")
    for seeding in seedings:
        waits = evaluated(mmc_queue, space, replicates=200, seeding=seeding, metric="mean_wait")
        variance[seeding] = np.diff(waits).var(ddof=1)
    assert variance["independent"] > 4 * variance["common"]
