"""Says which points are best: a weighted score of several metrics, and the points that no other point dominates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.analysis.points import points_of
from workbench.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Direction", "Goals", "directions_of", "pareto", "rank"]

Direction: TypeAlias = Literal["min", "max"]
Goals: TypeAlias = Mapping[str, Direction | tuple[Direction, float]]


@dataclass(frozen=True)
class _Goal:
    """What is wanted of one metric."""

    metric: str
    direction: Direction
    weight: float


def rank(frame: pd.DataFrame, goals: Goals) -> pd.DataFrame:
    """Order points by a weighted score of several metrics.

    Each metric is scaled to 0 (the worst mean) to 1 (the best mean) over the points that are ranked; the score is the
    weighted mean of the scaled metrics: the additive model of value with linear values [1]_. A metric that is the same
    at every point counts as 1 everywhere: it cannot change the order. Scores depend on the points they are computed
    over, so scores of different runs are not comparable.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame, as `run.aggregate` makes it, grouped by the parameters that vary.
    goals : mapping of str to 'min', 'max' or (direction, weight)
        What is better of each metric and, where it is not 1, how much it counts, such as
        ``{"mean_wait": "min", "utilisation": ("max", 2.0)}``.

    Returns
    -------
    DataFrame
        One row per point, the best first: the parameters, the means of the metrics, ``score`` (1 is best) and ``rank``
        (1 is best, equal scores share the better rank). A point that lacks one of the metrics has a score of NaN and
        the last rank.

    Raises
    ------
    QueryError
        If a goal or the frame is not as described.

    References
    ----------
    .. [1] R. L. Keeney and H. Raiffa, "Decisions with Multiple Objectives", Cambridge University Press (1993), ch. 3.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"servers": [1, 2, 3], "metric": "wait", "mean": [9.0, 3.0, 1.0]})
    >>> rank(frame, {"wait": "min"})
       servers  wait  score  rank
    0        3   1.0   1.00     1
    1        2   3.0   0.75     2
    2        1   9.0   0.00     3
    """
    wanted = _goals_of(goals)
    points = _points(frame, wanted, adds=("score", "rank"))
    complete, costs = _costs(points, wanted)
    weights = np.array([goal.weight for goal in wanted])
    score = np.full(len(points), np.nan)
    # Summed row by row: a product of matrices may give equal points scores that differ in the last bit.
    score[complete] = (_scaled(costs) * (weights / weights.sum())).sum(axis=1)
    points["score"] = score
    points["rank"] = points["score"].rank(ascending=False, method="min", na_option="bottom").astype(int)
    return points.sort_values("rank", kind="stable", ignore_index=True)


def pareto(frame: pd.DataFrame, goals: Goals) -> pd.DataFrame:
    """Find the points that are efficient: no other point is as good in every metric and better in one.

    Means are compared exactly as they are, without regard to their confidence intervals; of equal points all are kept.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame, as `run.aggregate` makes it, grouped by the parameters that vary.
    goals : mapping of str to 'min', 'max' or (direction, weight)
        What is better of each metric; weights make no difference here.

    Returns
    -------
    DataFrame
        One row per point: the parameters, the means of the metrics, and ``efficient``, which is False where one of the
        metrics is missing.

    Raises
    ------
    QueryError
        If a goal or the frame is not as described.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"servers": [1, 2, 3] * 2, "metric": ["wait"] * 3 + ["cost"] * 3,
    ...                       "mean": [9.0, 3.0, 3.0, 1.0, 2.0, 3.0]})
    >>> pareto(frame, {"wait": "min", "cost": "min"})["efficient"].tolist()
    [True, True, False]
    """
    wanted = _goals_of(goals)
    points = _points(frame, wanted, adds=("efficient",))
    complete, costs = _costs(points, wanted)
    efficient = np.zeros(len(points), dtype=np.bool_)
    efficient[complete] = _not_dominated(costs)
    points["efficient"] = efficient
    return points


def directions_of(goals: Goals) -> dict[str, Direction]:
    """Take the directions of goals, without their weights.

    Parameters
    ----------
    goals : mapping of str to 'min', 'max' or (direction, weight)
        As `rank` takes them.

    Returns
    -------
    dict of str to 'min' or 'max'

    Raises
    ------
    QueryError
        If a goal is not as described.
    """
    return {goal.metric: goal.direction for goal in _goals_of(goals)}


def _goals_of(goals: object) -> list[_Goal]:
    if not isinstance(goals, Mapping) or not goals:
        raise QueryError("goals: name at least one metric and its direction, such as {'mean_wait': 'min'}")
    return [_goal_of(metric, goal) for metric, goal in goals.items()]


def _goal_of(metric: str, goal: object) -> _Goal:
    match goal if isinstance(goal, tuple) else (goal, 1.0):
        case ("min" | "max" as direction, bool() | int() | float() as weight) if 0 < weight < math.inf:
            return _Goal(metric, direction, float(weight))
        case _:
            raise QueryError(
                f"goals[{metric!r}]: {goal!r} must be 'min' or 'max', or one of them with a weight above 0, "
                "such as ('max', 2.0)"
            )


def _points(frame: pd.DataFrame, goals: list[_Goal], *, adds: tuple[str, ...]) -> pd.DataFrame:
    points = points_of(frame, [goal.metric for goal in goals])
    if taken := [name for name in adds if name in points.columns]:
        raise QueryError(f"frame: {taken[0]!r} is a column of the answer; rename it in the frame first")
    return points


def _costs(points: pd.DataFrame, goals: list[_Goal]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which points have every metric, and of those the means, turned so that less is better."""
    means = points[[goal.metric for goal in goals]].to_numpy(dtype=np.float64)
    complete = ~np.isnan(means).any(axis=1)
    signs = np.array([1.0 if goal.direction == "min" else -1.0 for goal in goals])
    return complete, means[complete] * signs


def _scaled(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each column from 1 at its least to 0 at its largest."""
    if not len(costs):
        return costs
    worst = costs.max(axis=0)
    spans = worst - costs.min(axis=0)
    return np.where(spans > 0, (worst - costs) / np.where(spans > 0, spans, 1.0), 1.0)


def _not_dominated(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows no other row dominates; rows that are equal dominate each other not."""
    unique, place = np.unique(costs, axis=0, return_inverse=True)
    # They are in lexicographic order now: none is dominated by a later one.
    front = _front_of_two(unique) if unique.shape[1] == 2 else _front_of_several(unique)  # noqa: PLR2004 -- two metrics
    return front[place.ravel()]


def _front_of_two(unique: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Sweep once: a row is dominated where an earlier one is as good in the second column."""
    best = np.minimum.accumulate(unique[:, 1])
    return unique[:, 1] < np.concatenate([[np.inf], best[:-1]])


def _front_of_several(unique: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Strike out, front row by front row, what it dominates."""
    front = np.ones(len(unique), dtype=np.bool_)
    for index in range(len(unique)):
        if front[index]:
            front[index + 1 :] &= (unique[index + 1 :] < unique[index]).any(axis=1)
    return front
