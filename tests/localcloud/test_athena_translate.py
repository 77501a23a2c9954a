"""Athena's SQL without the emulator: parameters, references, projection, declared types, values and texts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from athena_tables import rows, run
from workbench.localcloud.athena.failures import InvalidRequestError, QueryFailedError
from workbench.localcloud.athena.references import table_references
from workbench.localcloud.athena.statement import parse_statement


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7e0 / 2", "3.5"),
        ("1e0 / 0", "Infinity"),
        ("0e0 / 0e0", "NaN"),
        ("1e0 / (4 / (9 / 4))", "0.5"),
        ("approx_percentile(v, 0.5)", "3"),
        ("approx_percentile(v, ARRAY[0.2, 1.0])", "[1, 5]"),
        ("map_agg(k, v)", "{a=1, b=2, c=3, d=4, e=5}"),
        ("count_if(v > 2)", "3"),
        ("count(*) FILTER (WHERE v > 2)", "3"),
        ("sum(v) / count(*)", "3"),
        ("avg(v)", "3.0"),
        ("stddev_samp(v)", "1.5811388300841898"),
        ("max_by(k, v)", "e"),
        ("date_format(TIMESTAMP '2026-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')", "2026-01-02 03:04:05"),
        ("try_cast('x' AS bigint)", None),
        ("date_diff('day', DATE '2026-01-01', DATE '2026-02-01')", "31"),
        ("is_nan(nan())", "true"),
        ("infinity()", "Infinity"),
        ("TIMESTAMP '2026-01-02 03:04:05.678'", "2026-01-02 03:04:05.678"),
        ("1e-5", "1.0E-5"),
        ("CAST(0.1 AS real)", "0.1"),
        ("CAST(1.50 AS decimal(10, 2))", "1.50"),
        ("ARRAY[1, NULL]", "[1, null]"),
        ("CAST(ROW(1, 'z') AS ROW(a integer, b varchar))", "{a=1, b=z}"),
        ("json_extract_scalar('{\"a\": \"b\"}', '$.a')", "b"),
    ],
)
def test_an_expression_has_trinos_value(expression: str, expected: str | None) -> None:
    table = "(VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4), ('e', 5)) AS v (k, v)"
    assert rows(f"SELECT {expression} FROM {table} LIMIT 1") == [(expected,)]  # noqa: S608


def test_division_follows_the_declared_types_of_the_columns() -> None:
    sql = "WITH s AS (SELECT sum(n) AS n, sum(x) AS x FROM db.t WHERE run_id = 'a' AND status = 'success') {}"
    assert rows(sql.format("SELECT n / 2, x / 0, s.n / count(*) FROM s GROUP BY n, x")) == [("7", "Infinity", "15")]
    with pytest.raises(QueryFailedError, match="DIVISION_BY_ZERO"):
        run(sql.format("SELECT n / 0 FROM s"))


def test_columns_have_athenas_types_and_names() -> None:
    result = run(
        "SELECT count(*), sum(n) AS total, n, x, run_id, true, DATE '2026-01-01' AS d, CAST(1 AS integer), 1.5 AS e, "
        "ARRAY[1] AS a FROM t WHERE run_id = 'b' AND status = 'success' GROUP BY n, x, run_id"
    )
    assert [(column.name, column.type) for column in result.columns] == [
        ("_col0", "bigint"),
        ("total", "bigint"),
        ("n", "bigint"),
        ("x", "double"),
        ("run_id", "varchar"),
        ("_col5", "boolean"),
        ("d", "date"),
        ("_col7", "integer"),
        ("e", "decimal"),
        ("a", "array"),
    ]
    assert result.rows[0][:5] == ("1", "1", "1", None, "b")


def test_unnamed_columns_are_numbered_by_their_place_in_the_result() -> None:
    result = run("SELECT *, count(*) FROM (SELECT 1 AS a, max(2)) GROUP BY 1, 2")
    assert [column.name for column in result.columns] == ["a", "_col1", "_col2"]
    assert [column.name for column in run("VALUES (1, 'x')").columns] == ["_col0", "_col1"]


def test_parameters_are_bound_in_the_order_of_the_text() -> None:
    sql = "WITH c AS (SELECT ? AS a) SELECT '?', a, ? -- ?\n FROM c WHERE a = ? LIMIT ?"
    assert rows(sql, "'one'", "-2", "'one'", "1") == [("?", "one", "-2")]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
@example("it's; DROP -- ?")
def test_a_text_parameter_is_only_ever_a_text(value: str) -> None:
    literal = "'" + value.replace("'", "''") + "'"
    assert rows("SELECT ? AS v", literal) == [(value,)]


@pytest.mark.parametrize(
    ("literal", "expected"),
    [("1.5", "1.5"), ("CAST('2' AS bigint)", "2"), ("NULL", None), ("DATE '2026-01-01'", "2026-01-01"), ("1 + 1", "2")],
)
def test_a_parameter_is_a_constant_expression(literal: str, expected: str | None) -> None:
    assert rows("SELECT ?", literal) == [(expected,)]


@pytest.mark.parametrize("text", ["abc", "", "1; SELECT 2", "(SELECT 1)", "'open", "?"])
def test_a_parameter_that_is_no_constant_fails(text: str) -> None:
    with pytest.raises(QueryFailedError, match="INVALID_PARAMETER_USAGE"):
        run("SELECT ?", text)


@pytest.mark.parametrize(("sql", "given_"), [("SELECT ?", []), ("SELECT 1", ["1"]), ("SELECT ?, ?", ["1"])])
def test_the_count_of_parameters_must_fit(sql: str, given_: list[str]) -> None:
    message = f"Incorrect number of parameters: expected {sql.count('?')} but found {len(given_)}"
    with pytest.raises(QueryFailedError, match=message):
        run(sql, *given_)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("DROP TABLE t", "only reads"),
        ("CREATE TABLE x AS SELECT 1", "only reads"),
        ("INSERT INTO t SELECT 1", "only reads"),
        ("SELEC 1", "mismatched input"),
        ("SELECT 'open", "line 1:1"),
        ("SELECT :name", "parameters are written as"),
        (" -- nothing", "empty"),
        ("SELECT 1" + " " * 262_144, "at most 262144"),
    ],
)
def test_a_statement_that_athena_does_not_accept_is_refused(sql: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        parse_statement(sql)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("run_id = 'a'", {"run_id": {"a"}}),
        ("'a' = run_id AND n > 1", {"run_id": {"a"}}),
        ("t.run_id IN ('a', 'b') AND (status = 'success')", {"run_id": {"a", "b"}, "status": {"success"}}),
        ("(run_id = 'a' OR run_id = 'b') AND run_id = 'b'", {"run_id": {"b"}}),
        ("run_id = CAST('a' AS varchar)", {"run_id": {"a"}}),
        ("run_id = 'a' OR n = 1", {}),
        ("run_id <> 'a'", {}),
        ("NOT run_id = 'a'", {}),
        ("run_id > 'a'", {}),
        ("run_id = name", {}),
        ("run_id = concat('a', name)", {}),
        ("run_id = 1", {}),
        ("run_id IN (SELECT run_id FROM runs)", {}),
        ("other.run_id = 'a'", {}),
    ],
)
def test_static_conditions_bound_the_values_of_a_column(where: str, expected: dict[str, set[str]]) -> None:
    tree = parse_statement(f"SELECT * FROM t WHERE {where}").tree  # noqa: S608
    found = [reference.domains for reference in table_references(tree, database="db") if reference.name == "t"]
    assert found == [expected]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 FROM t a JOIN t b ON a.n = b.n AND a.run_id = 'a' AND b.run_id = 'b'", [{"a"}, {"b"}]),
        ("SELECT 1 FROM t a LEFT JOIN t b ON a.run_id = 'a' AND b.run_id = 'b'", [None, {"b"}]),
        ("SELECT 1 FROM t a RIGHT JOIN t b ON a.run_id = 'a' AND b.run_id = 'b'", [None, None]),
        ("SELECT 1 FROM t WHERE run_id = 'a' UNION ALL SELECT 1 FROM t WHERE run_id = 'b'", [{"a"}, {"b"}]),
        ("WITH t AS (SELECT * FROM db.t WHERE run_id = 'a') SELECT * FROM t", [{"a"}]),
        ("SELECT (SELECT max(n) FROM t b WHERE b.run_id = 'b') FROM t a WHERE run_id = 'a'", [{"a"}, {"b"}]),
        ("SELECT 1 FROM t WHERE run_id = 'a' AND n NOT IN (SELECT n FROM t WHERE status = 'x')", [None, {"a"}]),
    ],
)
def test_each_reference_has_its_own_conditions(sql: str, expected: list[set[str] | None]) -> None:
    references = table_references(parse_statement(sql).tree, database="db")
    key = [tuple(sorted(reference.domains.get("run_id", ()))) for reference in references]
    assert sorted(key) == sorted(tuple(sorted(values or ())) for values in expected)
