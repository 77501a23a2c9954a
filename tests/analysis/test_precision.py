"""How precise a mean is, and how many replicates that it needs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from workbench.analysis.precision import Target, judge, next_replicates
from workbench.errors import QueryError


def measured(replicates: int, std: float, *, mean: float = 10.0, count: int | None = None) -> pd.DataFrame:
    count = replicates if count is None else count
    return pd.DataFrame({"replicates": [replicates], "count": [count], "mean": [mean], "std": [std]})


def after(frame: pd.DataFrame, target: Target, *, first: int = 10) -> int:
    (number,) = next_replicates(judge(frame, target), target, first=first)
    return int(number)


@given(st.integers(2, 500), st.floats(1e-3, 1e3))
def test_the_half_width_is_students(count: int, std: float) -> None:
    line = judge(measured(count, std), Target(half_width=1.0)).iloc[0]
    assert line["half_width"] == pytest.approx(student.ppf(0.975, count - 1) * std / math.sqrt(count))
    assert line["done"] == (count >= 10 and line["half_width"] <= 1.0)


def test_a_relative_target_is_of_the_true_mean() -> None:
    target = Target(half_width=0.1, relative=True)
    assert judge(measured(20, 1.0, mean=-11.0), target)["target"].tolist() == [pytest.approx(1.0)]


@given(st.integers(2, 400), st.floats(0.01, 100), st.integers(1, 30))
def test_enough_and_at_most_double(has: int, std: float, first: int) -> None:
    target = Target(half_width=1.0, min_replicates=2, max_replicates=500)
    frame = measured(has, std)
    number = after(frame, target, first=first)
    if bool(judge(frame, target)["done"][0]):
        assert number == has
        return
    assert has < number <= min(500, max(2 * has, first))
    needed = math.ceil((student.ppf(0.975, has - 1) * std) ** 2)
    if number < min(needed, 500):  # as far as a round goes
        assert number * math.sqrt(2) + 1 > 2 * has
    else:  # what is needed, and no more than the next rung above
        assert number <= math.sqrt(2) * max(needed, has + 1, first) + 1


def test_the_ladder_is_kept_so_that_rounds_are_few_sweeps() -> None:
    target = Target(half_width=1.0)
    frames = pd.concat([measured(10, std) for std in np.linspace(1.0, 50, 200)], ignore_index=True)
    assert set(next_replicates(judge(frames, target), target, first=10)) == {10, 15, 20}


def test_failing_rows_need_more_replicates() -> None:
    target = Target(half_width=1.0)
    half = measured(160, 6.2, count=80)
    assert after(half, target) > 160
    assert after(measured(160, 6.2), target) == 160


@pytest.mark.parametrize(("replicates", "count", "expected"), [(2, 0, 10), (10, 1, 10), (10, 2, 20), (1000, 900, 1000)])
def test_who_gets_no_more(replicates: int, count: int, expected: int) -> None:
    std = 1e6 if count > 1 else math.nan
    assert after(measured(replicates, std, count=count), Target(half_width=1.0), first=2) == expected


def test_a_deviation_of_zero_is_precise_enough_but_not_by_chance() -> None:
    target = Target(half_width=0.05, relative=True)
    assert after(measured(3, 0.0, mean=0.0), target, first=3) >= 10
    assert bool(judge(measured(10, 0.0, mean=0.0), target)["done"][0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"half_width": 0.0}, "half_width: is 0.0; more than 0"),
        ({"half_width": math.nan}, "half_width"),
        ({"half_width": 1.0, "relative": True}, "below 1, for it is a share of the mean"),
        ({"half_width": 1.0, "min_replicates": 1}, "at least 2"),
        ({"half_width": 1.0, "max_replicates": 9}, "min_replicates is 10, max_replicates 9"),
    ],
)
def test_targets_that_cannot_be(options: dict[str, float], words: str) -> None:
    with pytest.raises(QueryError, match=words):
        Target(**options)  # type: ignore[arg-type]


def coverage(values: np.ndarray, mean: float, target: Target, *, first: int) -> float:
    """Refine many points at once, each with its own line of values."""
    place = np.arange(len(values))
    sums, squares = values.cumsum(axis=1), (values**2).cumsum(axis=1)
    has = np.full(len(values), first)
    while True:
        means = sums[place, has - 1] / has
        variances = (squares[place, has - 1] - has * means**2) / (has - 1)
        frame = pd.DataFrame({"replicates": has, "count": has, "mean": means, "std": np.sqrt(variances.clip(0))})
        judged = judge(frame, target)
        more = next_replicates(judged, target, first=first)
        if (more == has).all():
            return float((np.abs(means - mean) <= judged["half_width"]).mean())
        has = more


def test_what_stopping_early_costs_is_what_the_page_says() -> None:
    rng = np.random.default_rng(1)
    normal, skewed = rng.standard_normal((4000, 200)), rng.standard_exponential((4000, 200))
    few, ten = (Target(half_width=0.5, min_replicates=least, max_replicates=200) for least in (2, 10))
    assert coverage(normal, 0.0, few, first=2) < 0.91
    assert 0.935 < coverage(normal, 0.0, ten, first=10) < 0.955
    assert coverage(skewed, 1.0, few, first=2) < 0.80
    assert 0.88 < coverage(skewed, 1.0, ten, first=10) < 0.92
