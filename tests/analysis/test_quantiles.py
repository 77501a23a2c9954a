"""Quantiles in SQL against numpy's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.duck import DuckEngine
from workbench.analysis.quantiles import position_columns, quantile
from workbench.analysis.summary import aggregate

if TYPE_CHECKING:
    from conftest import Outcomes

PERCENT = {"p0": 0, "p5": 5, "p33.3": 33.3, "median": 50, "p97.5": 97.5, "p100": 100}
METRICS = ["wait", "served", "stable", "drift"]


@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e150, 1e150)), min_size=1, max_size=30),
    fraction=st.floats(0, 1),
)
def test_a_quantile_is_numpys_to_the_last_bit(values: list[float | None], fraction: float) -> None:
    columns, source = ", ".join(position_columns("v", [], ["q"])), 'SELECT unnest(?::DOUBLE[]) AS "v"'
    sql = f'SELECT {quantile("v", "q")} FROM (SELECT "v", {columns} FROM ({source}))'  # noqa: S608 - the builder's text
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(sql, [fraction, values]).fetchone()
    present = [value for value in values if value is not None]
    assert found == ((np.quantile(present, fraction) if present else None),)


@pytest.mark.parametrize("by", [[], ["rate"], ["policy", "servers"], ["replicate"]])
def test_quantiles_of_groups_are_numpys_over_the_rows_that_count(outcomes: Outcomes, by: list[str]) -> None:
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=by, metrics=METRICS, stats=list(PERCENT))
    assert list(frame.columns) == [*by, "metric", *PERCENT]
    groups = [((), outcomes.counting)] if not by else list(outcomes.counting.groupby(by))
    assert len(frame) == len(groups) * len(METRICS)
    for (_, line), (metric, (_, rows)) in zip(
        frame.iterrows(), ((metric, group) for metric in METRICS for group in groups), strict=True
    ):
        values = rows[metric].astype("Float64").dropna().to_numpy(float)
        expected = np.percentile(values, list(PERCENT.values())) if len(values) else [np.nan] * len(PERCENT)
        assert line["metric"] == metric
        np.testing.assert_array_equal(line[list(PERCENT)].to_numpy(float), expected)


def test_values_that_are_not_finite_have_no_place(outcomes: Outcomes) -> None:
    rows = outcomes.counting[outcomes.counting["shard_id"] == 0].assign(shard_id=5)
    rows["wait"] = [np.nan, np.inf, -np.inf, *range(len(rows) - 3)]
    outcomes.write(rows, status="success")
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    frame = aggregate(engine, outcomes.spec, outcomes.run_id, by=[], metrics=["wait"], stats=["p0", "p90", "count"])
    finite = pd.concat([outcomes.counting["wait"].dropna(), rows["wait"].iloc[3:]])
    assert frame.loc[0, ["p0", "p90", "count"]].tolist() == [0, np.quantile(finite, 0.9), len(finite)]
