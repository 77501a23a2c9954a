"""The lab of Athena's tests: a bucket with outcomes and manifests, its tables and a workgroup, on an emulator."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pyathena
import pytest

from workbench.localcloud import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LIMIT", "REGION", "TEXTS", "Lab", "lab"]

REGION = "us-east-1"
LIMIT = 10_000_000  # the least that Athena takes
TEXTS = ["plain", 'a "quoted", comma', "two\nlines", "", None, "ünïcode 'x'"]
_COLUMNS = {"n": "bigint", "x": "double", "ok": "boolean", "name": "string", "at": "timestamp", "absent": "int"}


@dataclass(frozen=True)
class Lab:
    """A bucket with outcomes and manifests, its tables and a workgroup."""

    url: str
    access_key: str = "test"
    secret_key: str = "test"

    def client(self, service: str) -> Any:
        session = boto3.Session(self.access_key, self.secret_key, region_name=REGION)
        return session.client(service, endpoint_url=self.url)  # type: ignore[call-overload] # any service

    def connect(self, cursor: Any = None) -> Any:
        return pyathena.connect(
            work_group="lab",
            schema_name="lab",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            poll_interval=0.02,
            **({"cursor_class": cursor} if cursor else {}),
        )

    def start(self, sql: str, **options: Any) -> str:
        request = {"WorkGroup": "lab", "QueryExecutionContext": {"Database": "lab"}} | options
        return str(self.client("athena").start_query_execution(QueryString=sql, **request)["QueryExecutionId"])

    def wait(self, name: str) -> dict[str, Any]:
        athena = self.client("athena")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{name} did not end")

    def rows(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        cursor = self.connect().cursor()
        return list(cursor.execute(sql, list(parameters) or None, paramstyle="qmark").fetchall())


def _parquet(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _table(name: str, columns: dict[str, str], keys: tuple[str, ...], serde: str, **parameters: str) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "Parameters": {"EXTERNAL": "TRUE", **parameters},
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": of} for column, of in columns.items()],
            "Location": f"s3://lab/{name}/",
            "SerdeInfo": {"SerializationLibrary": serde},
        },
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder: Path = tmp_path_factory.mktemp("emulator")
    emulator = process.start(folder)
    try:
        lab = Lab(f"http://127.0.0.1:{emulator.port}")
        _furnish(lab)
        yield lab
    finally:
        process.stop(folder)


def _furnish(lab: Lab) -> None:
    s3, glue, athena = lab.client("s3"), lab.client("glue"), lab.client("athena")
    s3.create_bucket(Bucket="lab")
    good = _parquet(
        {
            "n": pa.array(range(6), pa.int64()),
            "x": pa.array([0.1, 1e-7, float("inf"), None, -2.5, 1e300]),
            "ok": [True, False, None, True, True, False],
            "name": TEXTS,
            "at": pa.array([datetime(2026, 1, 2, 3, 4, 5, 678_900)] * 6, pa.timestamp("us", "UTC")),  # noqa: DTZ001
        }
    )
    s3.put_object(Bucket="lab", Key="outcomes/run_id=a/status=success/0.parquet", Body=good)
    s3.put_object(Bucket="lab", Key="outcomes/run_id=a/status=failure/0.parquet", Body=b"corrupt")
    s3.put_object(Bucket="lab", Key="outcomes/run_id=b/status=success/0.parquet", Body=_parquet({"n": pa.array([9])}))
    s3.put_object(Bucket="lab", Key="outcomes/run_id=big/status=success/0.parquet", Body=bytes(LIMIT + 1))
    s3.put_object(Bucket="lab", Key="runs/a.json", Body=json.dumps({"run_id": "a", "seed": 7}).encode())
    s3.put_object(Bucket="lab", Key="runs/b.json", Body=json.dumps({"run_id": "b"}).encode())
    glue.create_database(DatabaseInput={"Name": "lab"})
    projection = {
        "projection.enabled": "true",
        "projection.run_id.type": "injected",
        "projection.status.type": "enum",
        "projection.status.values": "success,failure",
        "storage.location.template": "s3://lab/outcomes/run_id=${run_id}/status=${status}",
    }
    parquet, lines = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "org.openx.data.jsonserde.JsonSerDe"
    outcomes = _table("outcomes", _COLUMNS, ("run_id", "status"), parquet, **projection)
    glue.create_table(DatabaseName="lab", TableInput=outcomes)
    glue.create_table(DatabaseName="lab", TableInput=_table("runs", {"run_id": "string", "seed": "bigint"}, (), lines))
    athena.create_work_group(
        Name="lab",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": LIMIT,
            "ResultConfiguration": {"OutputLocation": "s3://lab/athena/"},
        },
    )
