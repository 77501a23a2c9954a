from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.analysis.points import parameters_of, points_of
from workbench.errors import QueryError


def two_metrics() -> pd.DataFrame:
    """As `run.aggregate(by=["policy", "strict", "rate"], ...)` makes it; only the columns that matter."""
    rows = [
        ("fifo", False, 0.5, "wait", 4, 1.0),
        ("fifo", True, 0.5, "wait", 0, np.nan),
        ("lifo", True, 2.5, "wait", 4, 3.0),
        ("fifo", False, 0.5, "cost", 4, 10.0),
        ("fifo", True, 0.5, "cost", 4, np.inf),
        ("lifo", True, 2.5, "cost", 4, 30.0),
    ]
    return pd.DataFrame(rows, columns=["policy", "strict", "rate", "metric", "count", "mean"])


def test_a_point_is_a_row_and_a_metric_a_column() -> None:
    points = points_of(two_metrics().sample(frac=1, random_state=1), ["cost", "wait"])
    expected = pd.DataFrame(
        {
            "policy": ["fifo", "fifo", "lifo"],
            "strict": [False, True, True],
            "rate": [0.5, 0.5, 2.5],
            "cost": [10.0, np.nan, 30.0],
            "wait": [1.0, np.nan, 3.0],
        }
    )
    pd.testing.assert_frame_equal(points, expected, check_dtype=False)
    assert points.dtypes.astype(str).tolist()[1:] == ["bool", "float64", "float64", "float64"]


def test_a_point_without_a_good_row_stays() -> None:
    assert points_of(two_metrics().assign(mean=None), ["wait"])["wait"].isna().tolist() == [True] * 3


def test_the_parameters_stand_before_the_metric() -> None:
    assert parameters_of(two_metrics()) == ["policy", "strict", "rate"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (two_metrics().drop(columns=["metric", "mean"]), "no column 'metric', 'mean'; pass what `run.aggregate"),
        (two_metrics().drop(columns=["policy", "strict", "rate"]), "one group only; aggregate by"),
        (two_metrics().replace("wait", "weight"), "no metric 'wait'; did you mean 'weight'. It has 'weight', 'cost'"),
        (pd.concat([two_metrics(), two_metrics()]), "'policy', 'strict', 'rate' are there more than once"),
    ],
)
def test_what_is_no_tidy_frame_is_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        points_of(frame, ["wait"])
