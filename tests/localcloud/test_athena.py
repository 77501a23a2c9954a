"""Athena as its clients see it: the real emulator, boto3 and PyAthena's cursors."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pyathena
import pytest
from botocore.exceptions import ClientError
from pyarrow import fs
from pyathena.arrow.cursor import ArrowCursor
from pyathena.arrow.result_set import AthenaArrowResultSetMetadataReader
from pyathena.pandas.cursor import PandasCursor
from pyathena.s3fs.cursor import S3FSCursor

from athena_lab import REGION, TEXTS, Lab

pytestmark = pytest.mark.emulator

_GOOD = "FROM outcomes WHERE run_id = 'a' AND status = 'success'"


def test_rows_come_back_typed(lab: Lab) -> None:
    rows = lab.rows(f"SELECT n, x, ok, name, at, absent, run_id, status {_GOOD} ORDER BY n")
    assert [row[3] for row in rows] == TEXTS
    assert [row[1] for row in rows] == [0.1, 1e-7, float("inf"), None, -2.5, 1e300]
    assert rows[0] == (0, 0.1, True, "plain", datetime(2026, 1, 2, 3, 4, 5, 678_000), None, "a", "success")  # noqa: DTZ001
    assert rows[2][2] is None


def test_parameters_reach_each_branch_of_a_union(lab: Lab) -> None:
    branch = "SELECT run_id, count(*), sum(n) / 2 FROM outcomes WHERE run_id = ? AND status = 'success' GROUP BY run_id"
    assert lab.rows(f"{branch} UNION ALL {branch} ORDER BY 1", "'a'", "'b'") == [("a", 6, 7), ("b", 1, 4)]


def test_json_lines_join_outcomes(lab: Lab) -> None:
    most = f"SELECT run_id, max(n) AS most {_GOOD} GROUP BY run_id"
    sql = f"SELECT r.run_id, r.seed, o.most FROM runs r LEFT JOIN ({most}) o ON o.run_id = r.run_id ORDER BY 1"  # noqa: S608
    assert lab.rows(sql) == [("a", 7, 5), ("b", None, None)]


@pytest.fixture
def s3_endpoint(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cursors that read the result file have S3 clients of their own, which only the environment reaches.
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", lab.url)


@pytest.mark.usefixtures("s3_endpoint")
def test_the_pandas_cursor_reads_the_result_file(lab: Lab) -> None:
    cursor = lab.connect(PandasCursor).cursor()
    frame = cursor.execute(f"SELECT n, x, name {_GOOD} ORDER BY n").as_pandas()
    assert list(frame["n"]) == list(range(6))
    assert list(frame["x"].dropna()) == [0.1, 1e-7, float("inf"), -2.5, 1e300]
    assert list(frame["name"][:3]) == TEXTS[:3]


@pytest.mark.usefixtures("s3_endpoint")
def test_the_arrow_cursor_reads_the_result_file(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # PyAthena cannot tell Arrow's S3 client of another endpoint, and Arrow reads none from the environment
    # (https://github.com/apache/arrow/issues/49643); all else is the cursor's own way.
    store = fs.S3FileSystem(
        access_key=lab.access_key, secret_key=lab.secret_key, region=REGION, endpoint_override=lab.url
    )
    monkeypatch.setattr(AthenaArrowResultSetMetadataReader, "_create_s3_file_system", lambda _: store)
    cursor = lab.connect(ArrowCursor).cursor()
    table = cursor.execute(f"SELECT n, x, ok, name, at {_GOOD} ORDER BY n").as_arrow()
    assert table.column("n").to_pylist() == list(range(6))
    assert table.column("ok").to_pylist() == [True, False, None, True, True, False]
    assert table.column("name").to_pylist()[:3] == TEXTS[:3]
    assert table.column("at").to_pylist()[0] == datetime(2026, 1, 2, 3, 4, 5, 678_000)  # noqa: DTZ001


@pytest.mark.usefixtures("s3_endpoint")
def test_the_s3_cursor_keeps_null_and_empty_apart(lab: Lab) -> None:
    cursor = lab.connect(S3FSCursor).cursor()
    assert [row[0] for row in cursor.execute(f"SELECT name {_GOOD} ORDER BY n").fetchall()] == TEXTS


def test_the_result_file_is_written_as_athena_does(lab: Lab) -> None:
    execution = lab.wait(
        lab.start(
            f"SELECT n, name AS label {_GOOD} AND n IN (1, 4) ORDER BY n",
            ResultConfiguration={"OutputLocation": "s3://lab/elsewhere/"},
        )
    )
    name = execution["QueryExecutionId"]
    assert (execution["Status"]["State"], "AthenaError" in execution["Status"]) == ("SUCCEEDED", False)
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://lab/athena/{name}.csv"
    s3 = lab.client("s3")
    body = s3.get_object(Bucket="lab", Key=f"athena/{name}.csv")["Body"].read()
    assert body == b'"n","label"\n"1","a ""quoted"", comma"\n"4",\n'
    assert s3.head_object(Bucket="lab", Key=f"athena/{name}.csv.metadata")["ContentLength"] > 0


def test_bytes_scanned_are_those_of_the_wanted_partitions(lab: Lab) -> None:
    size = lab.client("s3").head_object(Bucket="lab", Key="outcomes/run_id=a/status=success/0.parquet")["ContentLength"]
    assert lab.wait(lab.start(f"SELECT n {_GOOD}"))["Statistics"]["DataScannedInBytes"] == size


def test_a_query_over_the_workgroups_limit_is_cancelled(lab: Lab) -> None:
    execution = lab.wait(lab.start("SELECT n FROM outcomes WHERE run_id = 'big' AND status = 'success'"))
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT count(*) FROM outcomes", "CONSTRAINT_VIOLATION: For the injected projected partition column run_id"),
        (
            "SELECT count(*) FROM outcomes WHERE run_id = 'a'",
            "HIVE_BAD_DATA: Error reading s3://lab/outcomes/run_id=a/",
        ),
        ("SELECT nope FROM runs", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
        ("SELECT 1 FROM nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lab.nope' does not exist"),
        ("SELECT ?", "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 1 but found 0"),
    ],
)
def test_a_failed_execution_says_why(lab: Lab, sql: str, reason: str) -> None:
    execution = lab.wait(lab.start(sql))
    assert execution["Status"]["State"] == "FAILED"
    assert execution["Status"]["StateChangeReason"].startswith(reason)
    error = execution["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["Retryable"]) == (2, False)
    with pytest.raises(ClientError, match=r"did not finish successfully\. Final query state: FAILED"):
        lab.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"WorkGroup": "nope"}, "WorkGroup nope is not found"),
        ({"WorkGroup": "primary"}, "No output location provided"),
        ({"QueryString": "DROP TABLE runs", "WorkGroup": "lab"}, "only reads"),
        ({"QueryString": "SELECT 1; SELECT 2", "WorkGroup": "lab"}, "Only one sql statement is allowed"),
        ({"WorkGroup": "primary", "ResultConfiguration": {"OutputLocation": "s3://gone/"}}, "output bucket gone"),
    ],
)
def test_a_request_that_athena_does_not_accept_is_refused(lab: Lab, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        lab.client("athena").start_query_execution(**({"QueryString": "SELECT 1"} | options))
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_disabled_workgroup_is_refused(lab: Lab) -> None:
    athena = lab.client("athena")
    athena.create_work_group(Name="closed")
    athena.update_work_group(WorkGroup="closed", State="DISABLED")
    with pytest.raises(ClientError, match="WorkGroup closed is disabled"):
        athena.start_query_execution(QueryString="SELECT 1", WorkGroup="closed")


def test_a_request_token_makes_a_start_idempotent(lab: Lab) -> None:
    token = str(uuid.uuid4())
    first = lab.start("SELECT 1", ClientRequestToken=token)
    assert lab.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lab.start("SELECT 2", ClientRequestToken=token)


def test_results_come_in_pages_with_the_header_first(lab: Lab) -> None:
    name = lab.wait(lab.start(f"SELECT n {_GOOD} ORDER BY n"))["QueryExecutionId"]
    athena = lab.client("athena")
    texts: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = athena.get_query_results(QueryExecutionId=name, MaxResults=3, **token)
        texts.append([row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert texts == [["n", "0", "1"], ["2", "3", "4"], ["5"]]
    assert page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"] == "bigint"


def test_executions_are_listed_and_got_together(lab: Lab) -> None:
    name = lab.start("SELECT 1")
    athena = lab.client("athena")
    assert athena.list_query_executions(WorkGroup="lab")["QueryExecutionIds"][0] == name
    both = athena.batch_get_query_execution(QueryExecutionIds=[name, "gone"])
    assert [execution["Query"] for execution in both["QueryExecutions"]] == ["SELECT 1"]
    assert [missing["QueryExecutionId"] for missing in both["UnprocessedQueryExecutionIds"]] == ["gone"]


def test_a_stopped_query_ends_and_leaves_the_server_free(lab: Lab) -> None:
    endless = (
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000) SELECT max(n) FROM r"
    )
    names = [lab.start(endless) for _ in range(5)]
    assert lab.client("s3").head_bucket(Bucket="lab")["ResponseMetadata"]["HTTPStatusCode"] == 200
    for name in names:
        lab.client("athena").stop_query_execution(QueryExecutionId=name)
        assert lab.wait(name)["Status"]["State"] == "CANCELLED"
    assert lab.rows("SELECT 1") == [(1,)]


def test_queries_at_once_do_not_mix(lab: Lab) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: lab.rows(f"SELECT n + ? {_GOOD} AND n = ?", "1000", str(n)), range(6)))
    assert answers == [[(1000 + n,)] for n in range(6)]


def _statement(action: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resources}


def _researcher(lab: Lab, name: str, *, reads: str) -> Lab:
    iam = lab.client("iam")
    iam.create_user(UserName=name)
    catalog = [f"arn:aws:glue:{REGION}:000000000000:{part}" for part in ("catalog", "database/lab", "table/lab/*")]
    statements = [
        _statement("athena:*", "*"),
        _statement("glue:GetTable", *catalog),
        _statement("s3:ListBucket", "arn:aws:s3:::lab"),
        _statement("s3:GetBucketLocation", "arn:aws:s3:::lab"),
        _statement("s3:GetObject", f"arn:aws:s3:::lab/{reads}/*", "arn:aws:s3:::lab/athena/*"),
        _statement("s3:PutObject", "arn:aws:s3:::lab/athena/*"),
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="reads", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Lab(lab.url, key["AccessKeyId"], key["SecretAccessKey"])


def test_a_query_has_the_rights_of_its_caller(lab: Lab) -> None:
    researcher = _researcher(lab, "researcher", reads="outcomes")
    assert researcher.rows(f"SELECT count(*) {_GOOD}") == [(6,)]
    with pytest.raises(pyathena.OperationalError, match="Permission denied on S3 path: s3://lab/runs/"):
        researcher.rows("SELECT * FROM runs")
    with pytest.raises(pyathena.OperationalError, match=r"is not authorized to perform: glue:GetTable"):
        researcher.rows("SELECT * FROM other.runs")
