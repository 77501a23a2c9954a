"""The engine against a small Athena: its wire protocol over HTTP, Trino's literals, and DuckDB to evaluate."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pandas as pd
import pytest
import sqlglot
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from workbench.analysis.athena import AthenaEngine, athena_literal
from workbench.analysis.duck import DuckEngine
from workbench.analysis.own_query import own_query
from workbench.analysis.sql import Query, aggregate_query, coverage_query, failures_query
from workbench.errors import QueryError
from workbench.localcloud.athena.statement import parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Outcomes

# A boolean column with NULLs is the only one of objects.
ATHENA_TYPES = {
    "int64": "bigint",
    "float64": "double",
    "bool": "boolean",
    "object": "boolean",
    "datetime64[us]": "timestamp",
}


OWN = """
WITH late AS (SELECT * FROM outcomes WHERE rate > ?)
SELECT policy, sum(served) AS served, max(started_at) AS latest, CAST(max(started_at) AS date) AS day, NULL AS nothing
FROM late WHERE error_code IS NULL OR error_code = ? GROUP BY policy ORDER BY policy
"""


class SmallAthena(BaseHTTPRequestHandler):
    """Keeps the last query only, which is all that one engine needs."""

    server: SmallAthenaServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = getattr(self, self.headers["X-Amz-Target"].removeprefix("AmazonAthena."))(body)
        payload = json.dumps(answer).encode()
        self.send_response(400 if "__type" in answer else 200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class says so
        pass

    def StartQueryExecution(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - AWS's name
        self.server.asked = body
        if self.server.refusal:
            return {"__type": self.server.refusal, "message": "User is not authorized to perform this"}
        return {"QueryExecutionId": "1"}

    def GetQueryExecution(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        status = {"State": "FAILED", "StateChangeReason": self.server.failure}
        if not self.server.failure:
            status = {"State": "SUCCEEDED"}
        query = {"QueryExecutionId": "1", "Query": self.server.asked["QueryString"], "StatementType": "DML"}
        return {"QueryExecution": {**query, "Status": status}}

    def GetQueryResults(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        frame = self.server.evaluate(self.server.asked)
        info = [
            {
                "Name": name,
                "Type": ATHENA_TYPES.get(str(kind), "varchar"),
                "Precision": 0,
                "Scale": 0,
                "Nullable": "UNKNOWN",
            }
            for name, kind in frame.dtypes.items()
        ]
        header = {"Data": [{"VarCharValue": name} for name in frame.columns]}
        rows = [{"Data": [cell(value) for value in row]} for row in frame.itertuples(index=False)]
        return {"ResultSet": {"Rows": [header, *rows], "ResultSetMetadata": {"ColumnInfo": info}}}


class SmallAthenaServer(ThreadingHTTPServer):
    def __init__(self, evaluate: Callable[[dict[str, Any]], pd.DataFrame]) -> None:
        super().__init__(("127.0.0.1", 0), SmallAthena)
        self.evaluate = evaluate
        self.asked: dict[str, Any] = {}
        self.failure = ""
        self.refusal = ""


def cell(value: object) -> dict[str, str]:
    if pd.isna(value):
        return {}
    return {"VarCharValue": str(value).lower() if isinstance(value, bool) else str(value)}


@contextmanager
def small_athena(run: Outcomes) -> Iterator[tuple[SmallAthenaServer, AthenaEngine]]:
    def evaluate(asked: dict[str, Any]) -> pd.DataFrame:
        tree = parse_statement(asked["QueryString"]).bind(asked["ExecutionParameters"])
        return DuckEngine(run.root, run.spec, run.run_id).query(Query(tree.sql("duckdb")))

    with SmallAthenaServer(evaluate) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server, engine_at(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def engine_at(endpoint_url: str) -> AthenaEngine:
    core = botocore.session.Session()
    core.set_default_client_config(Config(retries={"total_max_attempts": 1}))
    session = boto3.Session("test", "test", region_name="eu-central-1", botocore_session=core)
    return AthenaEngine(database="sweeps", workgroup="researchers", session=session, endpoint_url=endpoint_url)


def test_athena_and_duckdb_answer_alike(outcomes: Outcomes) -> None:
    duck = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    where = {"rate": [0.1, 2.5], "policy": "last in's first", "preempt": False, "servers": [1, 2]}
    queries = [
        aggregate_query(outcomes.spec, outcomes.run_id, by=["rate", "policy"], metrics=["wait", "stable"], where=where),
        aggregate_query(outcomes.spec, outcomes.run_id, by=["servers"], stats=["median", "p97.5", "ci"], where=where),
        own_query(outcomes.spec, outcomes.run_id, OWN, [0.5, "ValueError"]),
        coverage_query(outcomes.spec, outcomes.run_id),
        failures_query(outcomes.spec, outcomes.run_id),
        Query("SELECT * FROM outcomes_queue WHERE run_id = ? ORDER BY row_index, status", (outcomes.run_id,)),
    ]
    with small_athena(outcomes) as (_, athena):
        for query in queries:
            answer = athena.query(query)
            assert len(answer) > 0
            pd.testing.assert_frame_equal(answer, duck.query(query))


def test_the_query_goes_to_the_stacks_own_workgroup_and_database(outcomes: Outcomes) -> None:
    with small_athena(outcomes) as (server, athena):
        athena.query(coverage_query(outcomes.spec, outcomes.run_id))
    assert server.asked["WorkGroup"] == "researchers"
    assert server.asked["QueryExecutionContext"]["Database"] == "sweeps"
    assert "ResultConfiguration" not in server.asked
    assert server.asked["ExecutionParameters"] == [f"'{outcomes.run_id}'"] * 3


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        ("TABLE_NOT_FOUND: line 2:6: Table 'sweeps.outcomes_queue' does not exist", "Deploy the stack again"),
        ("Bytes scanned limit was exceeded", "scan limit"),
        ("HIVE_BAD_DATA: Not valid Parquet file", "resume the run"),
        ("something new", "Athena's own message"),
    ],
)
def test_a_failed_query_is_told_with_what_to_do(outcomes: Outcomes, failure: str, remedy: str) -> None:
    with small_athena(outcomes) as (server, athena):
        server.failure = failure
        with pytest.raises(QueryError, match=remedy) as raised:
            athena.query(coverage_query(outcomes.spec, outcomes.run_id))
    assert failure in str(raised.value)


def test_a_missing_right_names_the_policy(outcomes: Outcomes) -> None:
    with small_athena(outcomes) as (server, athena):
        server.refusal = "AccessDeniedException"
        with pytest.raises(QueryError, match="researcher policy"):
            athena.query(coverage_query(outcomes.spec, outcomes.run_id))


def test_an_unreachable_stack_says_so(outcomes: Outcomes) -> None:
    with small_athena(outcomes) as (server, _):
        port = server.server_port
    with pytest.raises(QueryError, match="stack running"):
        engine_at(f"http://127.0.0.1:{port}").query(coverage_query(outcomes.spec, outcomes.run_id))


@given(value=st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.booleans()))
def test_a_literal_is_one_trino_expression_of_the_values_type(value: str | float) -> None:
    tree = sqlglot.parse_one(athena_literal(value), read="trino")
    match value:
        case bool():
            assert tree == exp.Boolean(this=value)
        case int():
            assert int(tree.sql("trino")) == value
        case float():
            assert isinstance(tree, exp.Cast)
            assert tree.to.is_type("double")
            assert float(tree.this.name) == value
        case str():
            assert tree.is_string
            assert tree.name == value
