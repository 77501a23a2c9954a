"""What a sampled parameter may range over, and what is refused with its name and what would be right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from workbench.designs.ranges import read_range
from workbench.errors import SpaceError

units = st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20).map(np.array)
ends = st.tuples(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100)).filter(lambda pair: pair[0] < pair[1])


@given(units, ends)
def test_floats_lie_between_the_ends(unit: np.ndarray, pair: tuple[float, float]) -> None:
    values = read_range("x", pair)(unit)
    assert all(type(value) is float and pair[0] <= value <= pair[1] for value in values)
    assert np.all(np.diff(np.array(values)[np.argsort(unit)]) >= 0)


@given(units, st.floats(1e-300, 1e300), st.floats(1.1, 1e6))
def test_logarithms_are_even(unit: np.ndarray, low: float, ratio: float) -> None:
    values = np.array(read_range("x", wb.loguniform(low, low * ratio))(unit))
    assert ((low <= values) & (values <= low * ratio)).all()
    shares = (np.log(values) - math.log(low)) / math.log(ratio)
    np.testing.assert_allclose(shares, unit, atol=1e-6)


@given(units, st.integers(-(2**62), 2**62), st.integers(1, 2**40))
def test_integers_are_those_of_the_range(unit: np.ndarray, start: int, count: int) -> None:
    values = read_range("x", range(start, start + count))(unit)
    assert all(type(value) is int and start <= value < start + count for value in values)


def test_every_choice_has_an_equal_part() -> None:
    middles = (np.arange(12) + 0.5) / 12
    assert read_range("x", ["a", "b", True])(middles) == ["a"] * 4 + ["b"] * 4 + [True] * 4
    assert read_range("x", range(5, 8))(middles) == [5] * 4 + [6] * 4 + [7] * 4
    assert read_range("x", wb.linspace(0.0, 1.0, 3))(middles) == [0.0] * 4 + [0.5] * 4 + [1.0] * 4


def test_a_number_just_below_one_is_the_last_choice() -> None:
    below = np.array([np.nextafter(1.0, 0.0)])
    assert read_range("x", range(2**53))(below) == [2**53 - 1]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ((1, 4), r"x: \(1, 4\) may mean floats or integers; write \(1.0, 4.0\) for floats .* range\(1, 5\)"),
        ((4.0, 1.0), "lower end first"),
        ((1.0, 1.0), "lower end first"),
        ((0.0, math.inf), "finite"),
        ((-1.7e308, 1.7e308), "distance finite"),
        ((math.nan, 1.0), "lower end first"),
        (("a", "b"), "is no pair of numbers"),
        ((0.0, 1.0, 2.0), "is no pair of numbers"),
        ((False, 1.0), "is no pair of numbers"),
        ("abc", "is nothing to choose from"),
        ([], "is nothing to choose from"),
        (range(2**53 + 1), "more values than can be drawn"),
        ([[1]], r"x: \[1\] is a list"),
    ],
)
def test_what_is_refused(given_: object, words: str) -> None:
    with pytest.raises(SpaceError, match=f"^x: .*{words}" if not words.startswith("x:") else words):
        read_range("x", given_)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (1.0, math.inf), (math.nan, 1.0)])
def test_no_logarithms(low: float, high: float) -> None:
    with pytest.raises(SpaceError, match="above 0 and finite"):
        wb.loguniform(low, high)
