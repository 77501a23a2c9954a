from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import sqlglot
from sqlglot import exp

from workbench.analysis.duck import DuckEngine
from workbench.analysis.profile import passes, passes_query

if TYPE_CHECKING:
    from conftest import Outcomes


def passes_of(run: Outcomes) -> pd.DataFrame:
    return passes(DuckEngine(run.root, run.spec, run.run_id), run.spec, run.run_id)


def test_each_shard_has_the_pass_whose_rows_count(outcomes: Outcomes) -> None:
    frame = passes_of(outcomes)
    assert list(frame.columns) == ["worker", "shard_id", "started_at", "status", "seconds", "rows", "failed"]
    assert frame["shard_id"].tolist() == [0, 1, 2, 3]
    assert frame["status"].tolist() == ["success", "success", "failure", "failure"]
    assert frame["rows"].tolist() == [12] * 4
    assert frame["failed"].tolist() == [0, 0, 4, 12]
    assert frame["seconds"].tolist() == pytest.approx([12 * 0.0015] * 4)
    assert frame["worker"].unique().tolist() == ["test"]
    assert frame["started_at"].unique().tolist() == [pd.Timestamp(2026, 1, 2, 3, 4, 5)]


def test_a_shard_that_was_resumed_has_a_pass_of_each_worker(outcomes: Outcomes) -> None:
    rows = outcomes.counting[outcomes.counting["shard_id"] == 0].assign(shard_id=7)
    later = rows["row_index"] >= 9
    rows.loc[later, "worker"] = "second"
    rows.loc[later, "started_at"] += timedelta(minutes=1)
    outcomes.write(rows, status="success")
    frame = passes_of(outcomes).query("shard_id == 7")
    assert frame["worker"].tolist() == ["test", "second"]
    assert frame["rows"].tolist() == [9, 3]
    assert frame["started_at"].diff().iloc[1] == timedelta(minutes=1)


def test_a_run_without_outcomes_has_none(empty: Outcomes) -> None:
    assert passes_of(empty).empty


def test_every_scan_names_the_run_and_every_identifier_is_quoted(outcomes: Outcomes) -> None:
    query = passes_query(outcomes.spec, outcomes.run_id)
    tree = sqlglot.parse_one(query.sql, read="trino")
    assert len(list(tree.find_all(exp.Placeholder))) == len(list(tree.find_all(exp.Table)))
    assert set(query.parameters) == {outcomes.run_id}
    assert all(name.args["quoted"] for name in tree.find_all(exp.Identifier))
