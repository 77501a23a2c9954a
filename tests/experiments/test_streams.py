"""Many rows draw at once what each of them would draw alone."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from workbench.errors import ExperimentError
from workbench.experiments import RowStreams
from workbench.experiments.normal import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORDS = st.integers(0, 2**64 - 1)
KEYS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5).map(lambda keys: np.array(keys, dtype=np.uint64))
# Some of them longer than what is computed side by side.
SIZES = st.lists(st.one_of(st.none(), st.integers(0, 9), st.integers(60, 90)), max_size=6)


def some_keys(n_rows: int) -> NDArray[np.uint64]:
    return np.random.default_rng(n_rows).integers(0, 2**64, size=(n_rows, 2), dtype=np.uint64)


def joined(streams: RowStreams, sizes: list[int | None], kind: str) -> NDArray[np.float64]:
    drawn = [getattr(streams, kind)(size) for size in sizes]
    columns = [part[:, np.newaxis] if part.ndim == 1 else part for part in drawn]
    return np.hstack([np.empty((len(streams), 0)), *columns])


@given(keys=KEYS, sizes=SIZES)
def test_uniforms_are_those_of_numpy_however_they_are_asked_for(
    keys: NDArray[np.uint64], sizes: list[int | None]
) -> None:
    found = joined(RowStreams(keys), sizes, "random")
    for key, row in zip(keys, found, strict=True):
        assert row.tolist() == np.random.Generator(np.random.Philox(key=key)).random(found.shape[1]).tolist()


@given(keys=KEYS, sizes=SIZES)
def test_normals_are_the_quantiles_of_the_stream(keys: NDArray[np.uint64], sizes: list[int | None]) -> None:
    found = joined(RowStreams(keys), sizes, "standard_normal")
    for key, row in zip(keys, found, strict=True):
        words = np.random.Philox(key=key).random_raw(found.shape[1])
        expected = [statistics.NormalDist().inv_cdf((int(word >> 12) + 0.5) * 2.0**-52) for word in words]
        np.testing.assert_allclose(row, expected, rtol=1e-15)


@given(
    n_rows=st.integers(1, 300),
    size=st.integers(1, 80),
    cut=st.integers(0, 300),
    kind=st.sampled_from(["random", "standard_normal"]),
)
def test_a_row_has_its_bits_whatever_is_beside_it(n_rows: int, size: int, cut: int, kind: str) -> None:
    keys = some_keys(n_rows)
    whole = joined(RowStreams(keys), [size], kind)
    parts = [joined(RowStreams(part), [size], kind) for part in (keys[:cut], keys[cut:])]
    assert whole.tobytes() == np.vstack(parts).tobytes()


def test_more_rows_than_are_in_work_at_one_time() -> None:
    keys = some_keys(40_000)
    found = RowStreams(keys).random(3)
    for index in (0, 8191, 8192, 8193, 39_999):
        assert found[index].tolist() == np.random.Generator(np.random.Philox(key=keys[index])).random(3).tolist()


def test_both_kinds_of_number_share_one_stream() -> None:
    streams = RowStreams(some_keys(3))
    first, normal, last = streams.random(2), streams.standard_normal(), streams.random()
    expected = RowStreams(some_keys(3)).random(4)
    assert first.tolist() == expected[:, :2].tolist()
    assert last.tolist() == expected[:, 3].tolist()
    np.testing.assert_allclose(special.ndtr(normal), expected[:, 2], rtol=1e-12)


def test_what_a_row_without_a_size_has() -> None:
    streams = RowStreams(some_keys(4))
    assert len(streams) == 4
    assert (streams.random().shape, streams.random(1).shape, streams.random(0).shape) == ((4,), (4, 1), (4, 0))
    assert repr(streams) == "<random streams of 4 rows, 2 numbers drawn from each>"
    assert RowStreams(some_keys(0)).standard_normal(2).shape == (0, 2)


def test_keys_are_read_only_and_their_owner_keeps_them_writable() -> None:
    keys = some_keys(2)
    with pytest.raises(ValueError, match="read-only"):
        RowStreams(keys).keys[0, 0] = 1
    keys[0, 0] = 1


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ExperimentError, match=r"size=-1: choose how many numbers"):
        RowStreams(some_keys(2)).random(-1)
    for wrong in (np.zeros((2, 2)), np.zeros((2, 3), dtype=np.uint64), np.zeros(2, dtype=np.uint64)):
        with pytest.raises(ExperimentError, match=r"keys: expected uint64 of shape \(n, 2\)"):
            RowStreams(wrong)


def test_normals_are_normal() -> None:
    drawn = RowStreams(some_keys(2_000)).standard_normal(50)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_quantiles_beside_scipy(probability: float) -> None:
    (found,) = normal_quantile(np.array([probability])).tolist()
    assert found == pytest.approx(special.ndtri(probability), rel=1e-13, abs=1e-15)


def test_quantiles_are_symmetrical_and_finite_at_the_ends_of_the_stream() -> None:
    ends = np.array([2.0**-53, 0.25, 0.5, 0.75, 1.0 - 2.0**-53])
    quantiles = normal_quantile(ends)
    assert quantiles.tolist() == (-quantiles[::-1]).tolist()
    assert 8.2 < quantiles[-1] < 8.3
