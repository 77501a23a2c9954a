from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.score import directions_of, pareto, rank
from workbench.errors import QueryError

directions = st.sampled_from(["min", "max"])
# Few values, so that ties and constant metrics are common; None where a point has no good row.
values = st.one_of(st.integers(0, 4).map(float), st.none(), st.floats(-1e6, 1e6))


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, Any]]:
    n_points, n_metrics = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    rows = st.lists(values, min_size=n_metrics, max_size=n_metrics)
    means = draw(st.lists(rows, min_size=n_points, max_size=n_points))
    goals = {f"m{number}": (draw(directions), draw(st.floats(0.1, 10))) for number in range(n_metrics)}
    return np.array(means, dtype=float), goals


def frame_of(means: np.ndarray) -> pd.DataFrame:
    columns = [pd.DataFrame({"x": range(len(means)), "metric": f"m{k}", "mean": m}) for k, m in enumerate(means.T)]
    return pd.concat(columns, ignore_index=True)


def queue(**metrics: list[float]) -> pd.DataFrame:
    parts = [pd.DataFrame({"servers": [1, 2, 4], "metric": name, "mean": mean}) for name, mean in metrics.items()]
    return pd.concat(parts, ignore_index=True)


def dominates(first: list[float], second: list[float]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@given(problem=problems())
def test_the_front_is_what_no_point_dominates(problem: tuple[np.ndarray, dict[str, Any]]) -> None:
    means, goals = problem
    signs = [1 if direction == "min" else -1 for direction, _ in goals.values()]
    costs = [[sign * mean for sign, mean in zip(signs, row, strict=True)] for row in means.tolist()]
    complete = [cost for cost in costs if not any(map(math.isnan, cost))]
    naive = [cost in complete and not any(dominates(other, cost) for other in complete) for cost in costs]
    points = pareto(frame_of(means), goals)
    assert points["efficient"].tolist() == naive
    assert list(points.columns) == ["x", *goals, "efficient"]
    assert bool(complete) == points["efficient"].any()


@given(problem=problems())
def test_a_dominating_point_never_ranks_behind(problem: tuple[np.ndarray, dict[str, Any]]) -> None:
    means, goals = problem
    ranked = rank(frame_of(means), goals).sort_values("x")
    signs = [1 if direction == "min" else -1 for direction, _ in goals.values()]
    costs = means * signs
    missing = np.isnan(costs).any(axis=1)
    assert (ranked["score"].isna().to_numpy() == missing).all()
    scores = ranked["score"].dropna()
    assert scores.between(0, 1 + 1e-12).all()
    for one in np.flatnonzero(~missing):
        for two in np.flatnonzero(~missing):
            if dominates(costs[one].tolist(), costs[two].tolist()):
                assert ranked["score"].iloc[one] >= ranked["score"].iloc[two] - 1e-12


@given(problem=problems(), seed=st.integers(0, 5))
def test_ranks_follow_scores_and_missing_points_come_last(
    problem: tuple[np.ndarray, dict[str, Any]], seed: int
) -> None:
    means, goals = problem
    points = rank(frame_of(means).sample(frac=1, random_state=seed), goals)
    assert list(points.columns) == ["x", *goals, "score", "rank"]
    assert sorted(points["x"]) == list(range(len(means)))
    assert points["rank"].is_monotonic_increasing
    scores = points["score"].tolist()
    for position, score in enumerate(scores):
        better = sum(other > score for other in scores) if not math.isnan(score) else points["score"].count()
        assert points["rank"].iloc[position] == better + 1


def test_a_score_is_the_weighted_mean_of_the_scaled_metrics() -> None:
    frame = queue(wait=[9.0, 5.0, 1.0], use=[0.9, 0.5, 0.1])
    points = rank(frame, {"wait": "min", "use": ("max", 3.0)})
    # wait scales to 0, 1/2, 1 and use to 1, 1/2, 0.
    assert points["servers"].tolist() == [1, 2, 4]
    assert points["score"].tolist() == pytest.approx([3 / 4, 1 / 2, 1 / 4])
    assert points["wait"].tolist() == [9.0, 5.0, 1.0]
    assert rank(frame, {"wait": ("min", 2), "use": "max"})["servers"].tolist() == [4, 2, 1]


def test_a_constant_metric_cannot_change_the_order() -> None:
    frame = queue(wait=[9.0, 5.0, 1.0], cost=[7.0, 7.0, 7.0])
    points = rank(frame, {"wait": "min", "cost": ("max", 100.0)})
    assert points["servers"].tolist() == [4, 2, 1]
    assert points["score"].iloc[0] == 1.0


def test_scales_are_those_of_the_points_that_are_ranked() -> None:
    points = rank(queue(wait=[9.0, 5.0, 1.0], use=[np.nan, 0.5, 0.1]), {"wait": "min", "use": "max"})
    assert points["servers"].tolist() == [2, 4, 1]
    assert points["score"].tolist()[:2] == [0.5, 0.5]
    assert points["rank"].tolist() == [1, 1, 3]
    assert math.isnan(points["score"].iloc[2])


def test_no_point_at_all_has_a_score() -> None:
    empty = queue(wait=[np.nan] * 3)
    assert rank(empty, {"wait": "min"})["rank"].tolist() == [1, 1, 1]
    assert not pareto(empty, {"wait": "min"})["efficient"].any()


@pytest.mark.parametrize("n_metrics", [2, 3])
def test_a_long_front_of_many_points_is_found(n_metrics: int) -> None:
    rng = np.random.default_rng(5)
    angles = np.abs(rng.normal(size=(3000, n_metrics)))
    means = angles / np.linalg.norm(angles, axis=1, keepdims=True)
    shrunk = np.concatenate([means, 0.5 * means])
    efficient = pareto(frame_of(shrunk), {f"m{k}": "max" for k in range(n_metrics)})["efficient"].to_numpy()
    assert efficient[:3000].all()
    assert not efficient[3000:].all()


def test_directions_are_taken_without_weights() -> None:
    assert directions_of({"wait": "min", "use": ("max", 3.0)}) == {"wait": "min", "use": "max"}


@pytest.mark.parametrize(
    ("goals", "message"),
    [
        ({}, "goals: name at least one metric"),
        (["wait"], "goals: name at least one metric"),
        ({"wait": "least"}, r"goals\['wait'\]: 'least' must be 'min' or 'max'"),
        ({"wait": ("min", 0)}, r"goals\['wait'\]: \('min', 0\) must be .* weight above 0"),
        ({"wait": ("min", math.inf)}, r"goals\['wait'\]"),
        ({"wait": ("min", math.nan)}, r"goals\['wait'\]"),
        ({"wait": ("min", "2")}, r"goals\['wait'\]"),
        ({"wait": ("min", 1.0, 2.0)}, r"goals\['wait'\]"),
        ({"wai": "min"}, "no metric 'wai'; did you mean 'wait'"),
    ],
)
@pytest.mark.parametrize("ask", [rank, pareto])
def test_what_is_no_goal_is_refused(ask: Any, goals: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        ask(queue(wait=[1.0, 2.0, 3.0]), goals)


def test_a_metric_that_is_named_like_an_answer_is_refused() -> None:
    with pytest.raises(QueryError, match="'score' is a column of the answer; rename it"):
        rank(queue(score=[1.0, 2.0, 3.0]), {"score": "max"})
