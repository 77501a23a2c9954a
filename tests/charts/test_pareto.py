from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from workbench.charts.pareto import pareto
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOALS: Any = {"wait": "min", "cost": "min"}


def points() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "servers": [1, 2, 3, 4, 5],
            "wait": [9.0, 4.0, 5.0, 1.0, np.nan],
            "cost": [1.0, 2.0, 3.0, 4.0, 5.0],
            "efficient": [True, True, False, True, False],
        }
    )


def drawn(ax: Axes) -> dict[str, list[list[float]]]:
    return {
        item.get_label(): np.asarray(item.get_offsets()).tolist()
        for item in ax.collections
        if isinstance(item, PathCollection)
    }


def test_points_are_drawn_by_kind_and_counted(ax: Axes) -> None:
    assert pareto(points(), goals=GOALS, ax=ax) is ax
    assert drawn(ax) == {"dominated (1)": [[5.0, 3.0]], "efficient (3)": [[1.0, 4.0], [4.0, 2.0], [9.0, 1.0]]}
    faint, front = (item for item in ax.collections if isinstance(item, PathCollection))
    assert faint.get_alpha() < 0.5
    assert front.get_alpha() is None
    assert faint.get_facecolor()[0][:3].tolist() != front.get_facecolor()[0][:3].tolist()


def test_points_without_a_good_row_are_left_out_and_counted(ax: Axes) -> None:
    pareto(points(), goals=GOALS, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["1 without a good row"]
    pareto(points().dropna(), goals=GOALS, ax=(clean := ax.figure.add_subplot()))
    assert list(clean.texts) == []


def test_labels_say_what_is_better(ax: Axes) -> None:
    goals: Any = {"wait": "min", "cost": "max"}
    pareto(points(), goals=goals, labels={"wait": "Wait (s)"}, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Wait (s), less is better", "Cost, more is better")


@pytest.mark.parametrize(
    ("direction", "between", "reached"),
    [("min", 2.0, 4.0), ("max", 2.0, 2.0)],  # at x = 2 counts what was reached at x = 1, or at x = 4
)
def test_the_staircase_goes_by_what_was_reached(ax: Axes, direction: Any, between: float, reached: float) -> None:
    pareto(points(), goals={"wait": direction, "cost": direction}, ax=ax)
    (stairs,) = ax.get_lines()
    x, y = stairs.get_xdata(), stairs.get_ydata()
    before = int(np.searchsorted(x, between)) - 1
    place = {"steps-post": before, "steps-pre": before + 1}[stairs.get_drawstyle()]
    assert y[place] == reached


def test_of_three_goals_two_are_drawn_without_a_staircase(ax: Axes) -> None:
    goals: Any = {"wait": "min", "cost": "min", "use": "max"}
    pareto(points().assign(use=0.5), goals=goals, y="use", ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Wait, less is better", "Use, more is better")
    assert list(ax.get_lines()) == []


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (points().drop(columns="efficient"), {}, "no column 'efficient'"),
        (points().drop(columns="cost"), {}, "no column 'cost'"),
        (points().iloc[:0], {}, "no rows"),
        (points().assign(cost=np.nan), {}, "no point of the frame has all of 'wait', 'cost'"),
        (points(), {"x": "servers"}, "x and y must be two different metrics of the goals, which are 'wait', 'cost'"),
        (points(), {"x": "wait", "y": "wait"}, "x and y must be two different"),
        (points(), {"goals": {"wait": "min"}}, "x and y must be two different"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(
    ax: Axes, frame: pd.DataFrame, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        pareto(frame, **{"goals": GOALS, **options}, ax=ax)
    assert not ax.has_data()
