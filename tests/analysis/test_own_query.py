"""One's own statements: joined to the relation of the rows that count, and refused where they are no SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import sqlglot
from sqlglot import exp

from workbench.analysis.duck import DuckEngine
from workbench.analysis.own_query import own_query
from workbench.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd

    from conftest import Outcomes
    from workbench.contract import ExperimentSpec

RUN = "queue-0123456789ab"
COUNTING = "SELECT count(*) AS n, count(error_code) AS failed FROM outcomes"


def ask(run: Outcomes, sql: str, *values: object) -> pd.DataFrame:
    return DuckEngine(run.root, run.spec, run.run_id).query(own_query(run.spec, run.run_id, sql, values))


@pytest.mark.parametrize(
    "sql",
    [
        COUNTING,
        f"{COUNTING};",
        f"  {COUNTING} ; -- that is all; really",
        f"-- how much; is there?\n{COUNTING}",
        f"/* a (question\nwith; a ? */ {COUNTING.lower()}",
        f"{COUNTING} WHERE policy <> ';' AND policy <> '?' AND policy <> 'it''s; --'",
        f'{COUNTING} WHERE "policy" <> \'"\'',
        "WITH good AS (SELECT * FROM outcomes) SELECT count(*) AS n, count(error_code) AS failed FROM good",
        "with a as (select * from outcomes), b as (select * from a) select count(*) n, count(error_code) failed from b",
        """WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 3)
        SELECT count(*) AS n, count(error_code) AS failed FROM outcomes, k WHERE i = 3""",
        f"WITH/* one */k AS (SELECT ')' AS x){COUNTING}",
    ],
)
def test_a_statement_sees_each_row_that_counts_once(outcomes: Outcomes, sql: str) -> None:
    query = own_query(outcomes.spec, outcomes.run_id, sql)
    assert isinstance(sqlglot.parse_one(query.sql, read="trino"), exp.Select)
    assert ask(outcomes, sql).to_numpy().tolist() == [[48, 16]]


def test_values_take_the_place_of_the_question_marks_in_order(outcomes: Outcomes) -> None:
    sql = """
        WITH slow AS (SELECT * FROM outcomes WHERE rate < ?)
        SELECT count(*) FROM slow WHERE servers = ? AND policy = ?
    """
    found = ask(outcomes, sql, np.float64(1.0), np.int64(2), "last in's first").iloc[0, 0]
    rows = outcomes.counting
    assert found == ((rows["rate"] < 1) & (rows["servers"] == 2) & (rows["policy"] == "last in's first")).sum() > 0


def test_every_column_of_the_outcomes_is_there(outcomes: Outcomes) -> None:
    frame = ask(outcomes, "SELECT * FROM outcomes ORDER BY row_index")
    assert frame["row_index"].tolist() == outcomes.counting["row_index"].tolist()
    assert set(frame.columns) == {*outcomes.counting.columns, "run_id", "status"}
    assert set(frame["run_id"]) == {outcomes.run_id}


def test_sums_of_integers_stay_integers(outcomes: Outcomes) -> None:
    frame = ask(outcomes, "SELECT sum(served) AS served FROM outcomes")
    assert frame["served"].dtype == "int64"
    assert frame["served"].item() == outcomes.counting["served"].sum()


def test_integers_divide_as_athena_divides_them(outcomes: Outcomes) -> None:
    (row,) = ask(outcomes, "SELECT count(error_code) / 5 AS a, 1.5e0 / 2 AS b FROM outcomes").to_dict("records")
    assert row == {"a": 3, "b": 0.75}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT [1, 2] AS pair", r"column 'pair' is list.*cast it to varchar"),
        ("SELECT 9223372036854775807::HUGEINT * 10 AS n", "Cast that column to double"),
        ("SELECT nope FROM outcomes", 'DuckDB refuses the statement: .*"nope"'),
        ("SELECT count(* FROM outcomes", "DuckDB refuses the statement"),
    ],
)
def test_what_an_engine_or_a_frame_refuses_is_told(outcomes: Outcomes, sql: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        ask(outcomes, sql)


@pytest.mark.parametrize(
    ("sql", "values", "message"),
    [
        ("", [], "sql: give a SELECT, or a WITH and its SELECT"),
        ("DROP TABLE outcomes", [], "sql: give a SELECT.*'DROP TABLE outcomes'"),
        ("-- SELECT\nDELETE FROM outcomes", [], "sql: give a SELECT"),
        ("INSERT INTO x SELECT * FROM outcomes", [], "sql: give a SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM outcomes", [], "sql: give a SELECT"),
        ("WITH x AS (SELECT ')' AS y) INSERT INTO z SELECT * FROM x", [], "sql: give a SELECT"),
        ("SELECTED", [], "sql: give a SELECT"),
        ("SELECT 1; SELECT 2", [], "sql: give one statement; behind the first ';' stands 'SELECT 2'"),
        ("SELECT 1; DROP TABLE 'x'", [], "stands \"DROP TABLE 'x'\""),
        ("SELECT ? FROM outcomes", [], "parameters: the statement has 1 .*, but 0 values were given"),
        ("SELECT '?' FROM outcomes -- ?", [1], "parameters: the statement has 0 .*, but 1 values were given"),
        ("SELECT ?", [None], r"parameters\[0\]: None is NoneType"),
        ("SELECT ?, ?", [1, [2]], r"parameters\[1\]: \[2\] is list"),
        ("SELECT ?", "ab", "parameters: give a list of values, such as"),
    ],
)
def test_what_is_no_single_select_is_refused(
    spec: ExperimentSpec, sql: str, values: list[object], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        own_query(spec, RUN, sql, values)
