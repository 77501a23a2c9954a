from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.statistics import DEFAULT_STATS, STATISTICS, check_stats, columns_of, measures_of
from workbench.errors import QueryError


def test_without_a_wish_there_is_what_charts_need() -> None:
    assert check_stats(None) == DEFAULT_STATS
    assert columns_of(DEFAULT_STATS) == ("count", "mean", "std", "sem", "ci_low", "ci_high")


@given(stats=st.lists(st.sampled_from([*STATISTICS, "p0", "p2.5", "p50", "p100"]), min_size=1, unique=True))
def test_an_engine_measures_what_is_needed_once(stats: list[str]) -> None:
    measures = measures_of(check_stats(stats))
    assert len(set(measures)) == len(measures)
    assert not {"sem", "ci", "median"} & set(measures)
    assert ("p50" in measures) == bool({"median", "p50"} & set(stats))


@pytest.mark.parametrize(
    ("stats", "message"),
    [
        (["medain"], "stats: no 'medain'; did you mean 'median'.*'count', 'mean', .*'max', 'median', 'p5', 'p50'"),
        (["q50"], "stats: no 'q50'; did you mean 'p50'"),
        (["p101"], "stats: no 'p101'"),
        (["p"], "stats: no 'p'"),
        (["p-5"], "stats: no 'p-5'"),
        (["pinf"], "stats: no 'pinf'"),
        (["p5", "p50", "p5"], "stats: 'p5' is named more than once"),
        ([0.5], "stats: no 0.5"),
        ("mean", r"stats: give a list of names, such as \['mean'\]"),
        ([], "stats: name at least one of 'count', 'mean'"),
        (["max); DROP TABLE x --"], "stats: no 'max"),
    ],
)
def test_an_unknown_statistic_is_refused_with_those_that_are_near(stats: list[str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        check_stats(stats)


@pytest.mark.parametrize("name", ["max", "p90", "median"])
def test_a_statistic_may_not_take_the_column_of_a_parameter(name: str) -> None:
    assert check_stats(["mean"], beside=[name]) == ("mean",)
    with pytest.raises(QueryError, match=f"two columns '{name}'"):
        check_stats(["mean", name], beside=["rate", name])
