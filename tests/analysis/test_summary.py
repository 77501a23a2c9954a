from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.analysis.duck import DuckEngine
from workbench.analysis.summary import aggregate, tidy

if TYPE_CHECKING:
    from conftest import Outcomes

COLUMNS = ["metric", "count", "mean", "std", "sem", "ci_low", "ci_high"]


def summary(rows: pd.DataFrame, by: list[str], metric: str) -> pd.DataFrame:
    groups = rows.assign(**{metric: rows[metric].astype("Float64")}).groupby(by)[metric]
    return groups.agg(["count", "mean", "std", "sem"]).astype(float).reset_index()


@pytest.mark.parametrize("by", [["rate"], ["policy", "rate"], ["servers", "preempt"], ["replicate"]])
def test_statistics_are_those_of_pandas_and_scipy(outcomes: Outcomes, by: list[str]) -> None:
    metrics = ["wait", "served", "stable", "drift"]
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=by, metrics=metrics)
    assert list(frame.columns) == [*by, *COLUMNS]
    assert list(frame["metric"].unique()) == metrics
    for metric in metrics:
        ours = frame[frame["metric"] == metric].reset_index(drop=True)
        theirs = summary(outcomes.counting, by, metric)
        pd.testing.assert_frame_equal(ours[theirs.columns], theirs, check_dtype=False, rtol=1e-12)
        half = stats.t.ppf(0.975, ours["count"].where(ours["count"] > 1) - 1) * ours["sem"]
        np.testing.assert_allclose(ours["ci_low"], ours["mean"] - half, rtol=1e-10)
        np.testing.assert_allclose(ours["ci_high"], ours["mean"] + half, rtol=1e-10)


def test_statistics_stand_in_the_order_that_was_asked(outcomes: Outcomes) -> None:
    wanted = ["max", "ci", "p10", "sem", "min"]
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=["rate"], metrics=["wait"], stats=wanted)
    assert list(frame.columns) == ["rate", "metric", "max", "ci_low", "ci_high", "p10", "sem", "min"]
    waits = outcomes.counting.dropna(subset="wait").groupby("rate")["wait"]
    low, high = stats.t.interval(0.95, waits.count() - 1, waits.mean(), waits.sem())
    theirs = {"max": waits.max(), "ci_low": low, "ci_high": high, "p10": waits.quantile(0.1)}
    for name, expected in (theirs | {"sem": waits.sem(), "min": waits.min()}).items():
        np.testing.assert_allclose(frame[name], expected, rtol=1e-12, err_msg=name)


def test_without_a_wish_every_metric_that_has_a_mean_is_there(outcomes: Outcomes) -> None:
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=["rate"], stats=["mean"])
    assert list(frame["metric"].unique()) == ["wait", "served", "stable", "drift"]
    assert list(frame.columns) == ["rate", "metric", "mean"]


def test_a_group_whose_rows_all_failed_is_there_with_nothing_counted(outcomes: Outcomes) -> None:
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=["replicate"], metrics=["wait"]).set_index("replicate")
    assert frame["count"].to_dict() == {0: 12, 1: 12, 2: 8, 3: 0}
    assert frame.loc[3, COLUMNS[2:]].isna().all()


def test_the_whole_run_is_one_group(outcomes: Outcomes) -> None:
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=[], metrics=["wait", "served"])
    assert list(frame.columns) == COLUMNS
    assert frame["mean"].tolist() == pytest.approx([outcomes.counting[name].mean() for name in ("wait", "served")])


def test_one_row_has_a_mean_but_no_interval() -> None:
    wide = pd.DataFrame([[2, 1, 4.0, np.nan], [1, 2, 3.0, 1.0]])
    frame = tidy(wide, by=["servers"], metrics=["wait"])
    assert frame["servers"].tolist() == [1, 2]
    alone = frame.iloc[1]
    assert (alone["count"], alone["mean"]) == (1, 4.0)
    assert alone[["std", "sem", "ci_low", "ci_high"]].isna().all()
    # Two values: t(0.975, 1) = 12.706 and sem = 1 / sqrt(2).
    assert frame["ci_high"].iloc[0] == pytest.approx(3 + 12.706205 / 2**0.5, rel=1e-6)


def test_an_empty_answer_gives_an_empty_tidy_frame() -> None:
    frame = tidy(pd.DataFrame(np.empty((0, 4))), by=["servers"], metrics=["wait"])
    assert list(frame.columns) == ["servers", *COLUMNS]
    assert frame.empty
