"""What Athena's stand-in reads, and how it shows the answer; no emulator needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from athena_tables import MemoryCatalog, parquet, rows, run
from workbench.localcloud.athena.failures import QueryFailedError, ScanLimitError
from workbench.localcloud.athena.hive import arrow_type
from workbench.localcloud.athena.results import Result, ResultColumn, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

_INJECTED = "For the injected projected partition column run_id, the WHERE clause must contain only static equality"


def test_only_the_wanted_partitions_are_read() -> None:
    catalog = MemoryCatalog()
    result = run("SELECT * FROM t WHERE run_id = 'a' AND status = 'success' ORDER BY n", catalog=catalog)
    assert catalog.read_keys == ["o/run_id=a/status=success/1"]
    assert result.scanned == len(catalog.contents["o/run_id=a/status=success/1"])
    assert list(result.rows) == [("7", "0.5", None, "a", "success"), ("8", None, None, "a", "success")]


def test_a_partition_that_two_references_want_is_read_once() -> None:
    catalog = MemoryCatalog()
    part = "SELECT n FROM t WHERE run_id = 'a' AND status = 'success'"
    result = run(f"{part} UNION ALL {part}", catalog=catalog)
    assert len(catalog.read_keys) == 1
    assert sorted(result.rows) == [("7",), ("7",), ("8",), ("8",)]


def test_injected_values_may_come_from_a_parameter_or_a_list() -> None:
    sql = "SELECT run_id, count(*) FROM t WHERE run_id IN (?, 'b') AND status = 'success' GROUP BY 1 ORDER BY 1"
    assert rows(sql, "'a'") == [("a", "2"), ("b", "1")]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM t",
        "SELECT count(*) FROM t WHERE run_id LIKE 'a%'",
        "SELECT 1 FROM t WHERE run_id = 'a' UNION ALL SELECT 1 FROM t WHERE status = 'success'",
        "SELECT 1 FROM t WHERE run_id = 'a' AND n NOT IN (SELECT n FROM t)",
    ],
)
def test_every_scan_needs_a_static_condition_on_the_injected_column(sql: str) -> None:
    with pytest.raises(QueryFailedError, match=f"^CONSTRAINT_VIOLATION: {_INJECTED}"):
        run(sql)


def test_a_corrupt_object_is_named_where_it_is_wanted() -> None:
    with pytest.raises(QueryFailedError, match=r"HIVE_BAD_DATA.*s3://bucket/o/run_id=a/status=failure/1"):
        run("SELECT count(*) FROM t WHERE run_id = 'a'")


def test_a_value_of_another_kind_than_declared_is_bad_data() -> None:
    catalog = MemoryCatalog()
    catalog.contents = {"o/run_id=a/status=success/1": parquet({"n": [0.5]})}
    with pytest.raises(QueryFailedError, match=r"HIVE_BAD_DATA.*Field n's type double is incompatible"):
        run("SELECT n FROM t WHERE run_id = 'a'", catalog=catalog)


def test_json_lines_are_read_as_declared() -> None:
    assert rows("SELECT * FROM runs ORDER BY run_id") == [
        ("a", "[{name=p, values=[1.0, 2.5]}]", '{"k": 1}'),
        ("b", None, None),
    ]
    sql = "SELECT axes[1].name, v FROM runs CROSS JOIN UNNEST(axes[1].values) AS u (v) WHERE run_id = 'a' ORDER BY v"
    assert rows(sql) == [("p", "1.0"), ("p", "2.5")]


def test_a_query_over_its_scan_limit_reads_nothing() -> None:
    catalog = MemoryCatalog()
    with pytest.raises(ScanLimitError):
        run("SELECT n FROM t WHERE run_id = 'b'", catalog=catalog, limit=10)
    assert catalog.read_keys == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT\n  zz FROM runs", "COLUMN_NOT_FOUND: line 2:3: Column 'zz' cannot be resolved"),
        ("SELECT r.zz FROM runs r", "COLUMN_NOT_FOUND: line 1:10: Column 'zz' cannot be resolved"),
        ("SELECT 1 FROM nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.nope' does not exist"),
        ("SELECT nofn(1)", "FUNCTION_NOT_FOUND: .*'nofn' not registered"),
        ("SELECT CAST('x' AS bigint)", "INVALID_CAST_ARGUMENT"),
        ("SELECT run_id, count(*) FROM runs", "EXPRESSION_NOT_AGGREGATE"),
        ("SELECT * FROM read_csv('/etc/hosts')", "FUNCTION_NOT_FOUND"),
        ("SELECT approx_percentile(1, 2, 0.5)", "NOT_SUPPORTED"),
    ],
)
def test_a_failure_is_said_in_athenas_words(sql: str, message: str) -> None:
    with pytest.raises(QueryFailedError, match=message):
        run(sql)


@given(st.floats())
@example(1e7)
@example(123456789.0)
@example(-0.0)
@example(5e-324)
def test_the_text_of_a_double_reads_back_as_the_same_number(value: float) -> None:
    (text,) = texts(pa.chunked_array([[value]], pa.float64()))
    assert text is not None
    assert float(text) == value or math.isnan(value)
    assert math.copysign(1, float(text)) == math.copysign(1, value) or math.isnan(value)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("array<double>", pa.list_(pa.float64())),
        ("map<string,array<int>>", pa.map_(pa.string(), pa.list_(pa.int32()))),
        ("struct<a:decimal(10,2),b:struct<c:date>>",
         pa.struct({"a": pa.decimal128(10, 2), "b": pa.struct({"c": pa.date32()})})),
        ("varchar(10)", pa.string()),
    ],
)  # fmt: skip
def test_hive_types_are_read(declared: str, expected: pa.DataType) -> None:
    assert arrow_type(declared) == expected


def test_an_unknown_hive_type_is_refused() -> None:
    with pytest.raises(QueryFailedError, match="uuid"):
        arrow_type("array<uuid>")


def _pages(result: Result, size: int) -> Sequence[dict[str, object]]:
    rows: list[dict[str, object]] = []
    while page := result.page(start=len(rows), size=size):
        rows += page
    return rows


@given(st.integers(0, 12), st.integers(1, 5))
def test_pages_make_up_the_header_and_every_row(count: int, size: int) -> None:
    result = Result((ResultColumn("n", "bigint", 19),), [(str(place),) for place in range(count)], scanned=0)
    assert _pages(result, size) == result.page(start=0, size=count + 1)
    assert len(_pages(result, size)) == count + 1
