from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench.analysis.duck import DuckEngine
from workbench.analysis.sql import Query, aggregate_query, coverage_query, failures_query
from workbench.errors import QueryError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Outcomes


def ask(run: Outcomes, query: Query) -> pd.DataFrame:
    return DuckEngine(run.root, run.spec, run.run_id).query(query)


def test_coverage_counts_each_row_of_the_run_once(outcomes: Outcomes) -> None:
    row = ask(outcomes, coverage_query(outcomes.spec, outcomes.run_id)).iloc[0]
    assert row.to_dict() == {"rows": 48, "good": 32, "failed": 16, "shards": 4}


def test_failures_leave_out_what_a_later_success_replaced(outcomes: Outcomes) -> None:
    frame = ask(outcomes, failures_query(outcomes.spec, outcomes.run_id))
    columns = ["error_code", "count", "example_message", "example_row_index"]
    assert frame[columns].to_dict("records") == [
        {"error_code": "TIMEOUT", "count": 12, "example_message": "row 36", "example_row_index": 36},
        {"error_code": "ValueError", "count": 4, "example_message": "row 24", "example_row_index": 24},
    ]
    parameters = [parameter.name for parameter in outcomes.spec.parameters]
    examples = outcomes.counting.set_index("row_index").loc[[36, 24], parameters]
    assert frame[[f"example.{name}" for name in parameters]].to_numpy().tolist() == examples.to_numpy().tolist()


def test_columns_have_their_declared_types(outcomes: Outcomes) -> None:
    every = Query("SELECT * FROM outcomes_queue WHERE run_id = ?", (outcomes.run_id,))
    types = ask(outcomes, every).dtypes.astype(str).to_dict()
    assert types["shard_id"] == types["servers"] == "int64"
    assert types["rate"] == types["wait"] == "float64"
    assert types["preempt"] == "bool"
    assert types["policy"] == types["run_id"] == types["status"] == str(pd.Series(["text"]).dtype)
    assert types["started_at"] == "datetime64[us]"


@pytest.mark.parametrize("folder", ["empty", "absent"])
def test_a_run_without_outcomes_answers_with_no_rows(empty: Outcomes, folder: str) -> None:
    root = empty.root if folder == "empty" else empty.root / "absent"
    engine = DuckEngine(root, empty.spec, empty.run_id)
    query = aggregate_query(empty.spec, empty.run_id, by=["rate", "policy"], metrics=["wait"])
    frame = engine.query(query)
    assert list(frame.columns)[:3] == ["rate", "policy", "wait.count"]
    assert frame.empty
    assert engine.query(coverage_query(empty.spec, empty.run_id))["rows"].tolist() == [0]


def test_outcomes_that_land_later_are_seen(empty: Outcomes, outcomes: Outcomes) -> None:
    engine = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    query = coverage_query(outcomes.spec, outcomes.run_id)
    before = engine.query(query)["shards"].item()
    outcomes.write(outcomes.counting.iloc[:3].assign(shard_id=9), status="success")
    assert engine.query(query)["shards"].item() == before + 1


@pytest.mark.parametrize("shard", ["success/shard-000000", "success/shard-000001", "failure/shard-000003"])
def test_an_outcome_that_lacks_a_column_is_no_silent_null(outcomes: Outcomes, shard: str) -> None:
    (file,) = outcomes.root.glob(f"outcomes/*/run_id=*89ab/status={shard}.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["drift"]), file)
    query = aggregate_query(outcomes.spec, outcomes.run_id, by=[], metrics=["drift"])
    with pytest.raises(QueryError, match=r"drift[\s\S]*resume the run"):
        ask(outcomes, query)


def test_values_of_every_type_select_their_rows(outcomes: Outcomes) -> None:
    where = {"rate": 0.1, "servers": [1, 2], "policy": "last in's first", "preempt": False}
    stats = ["count", "min", "max"]
    query = aggregate_query(outcomes.spec, outcomes.run_id, by=[], metrics=["wait"], stats=stats, where=where)
    rows = outcomes.counting
    wanted = rows[(rows["rate"] == 0.1) & (rows["policy"] == "last in's first") & ~rows["preempt"]]["wait"]
    answer = ask(outcomes, query).iloc[0]
    assert answer["wait.count"] == wanted.count() > 0
    assert answer["wait.min"] == wanted.min()
    assert answer["wait.max"] == wanted.max()


def test_values_that_are_not_finite_are_left_out(outcomes: Outcomes) -> None:
    rows = outcomes.counting[outcomes.counting["shard_id"] == 0].assign(shard_id=5)
    rows["wait"] = [np.nan, np.inf, -np.inf, *range(len(rows) - 3)]
    outcomes.write(rows, status="success")
    query = aggregate_query(outcomes.spec, outcomes.run_id, by=[], metrics=["wait"], where={})
    finite = pd.concat([outcomes.counting["wait"], rows["wait"].iloc[3:]])
    answer = ask(outcomes, query).iloc[0]
    assert answer["wait.count"] == finite.count()
    assert answer["wait.std"] == pytest.approx(finite.std(), rel=1e-12)


def test_a_damaged_outcome_is_named_with_the_remedy(outcomes: Outcomes) -> None:
    file = next(outcomes.root.glob("outcomes/*/run_id=*89ab/status=success/shard-000000.parquet"))
    file.write_bytes(b"not parquet")
    with pytest.raises(QueryError, match=r"shard-000000\.parquet[\s\S]*resume the run"):
        ask(outcomes, coverage_query(outcomes.spec, outcomes.run_id))


def test_a_folder_may_have_any_name(outcomes: Outcomes, tmp_path: Path) -> None:
    odd = outcomes.root.rename(tmp_path.with_name("run [1] of *, it's?"))
    rows = DuckEngine(odd, outcomes.spec, outcomes.run_id).query(coverage_query(outcomes.spec, outcomes.run_id))
    assert rows["rows"].tolist() == [48]


def test_a_metric_beside_an_error_is_not_counted(outcomes: Outcomes) -> None:
    rows = outcomes.counting[outcomes.counting["shard_id"] == 0].assign(shard_id=5, wait=99.0, error_code="SCHEMA")
    outcomes.write(rows, status="failure")
    query = aggregate_query(outcomes.spec, outcomes.run_id, by=[], metrics=["wait"], stats=["count", "max"])
    answer = ask(outcomes, query).iloc[0]
    assert answer["wait.count"] == outcomes.counting["wait"].count()
    assert answer["wait.max"] < 99


@pytest.mark.parametrize("sql", ["SELECT nope FROM outcomes_queue", "SELECT 1 FROM nope", "SELEC 1"])
def test_a_wrong_statement_is_no_damage(outcomes: Outcomes, sql: str) -> None:
    with pytest.raises(QueryError, match="DuckDB refuses the statement") as raised:
        ask(outcomes, Query(sql))
    assert "resume" not in str(raised.value)


def test_a_statement_sees_nothing_of_this_process(outcomes: Outcomes) -> None:
    frame = outcomes.counting
    with pytest.raises(QueryError, match="frame does not exist"):
        ask(outcomes, Query("SELECT * FROM frame"))
    assert len(frame) == 48
