"""Tables in memory, for the tests of Athena's stand-in that need no emulator."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.localcloud.athena.engine import Query
from workbench.localcloud.athena.projection import GlueTable, Partition
from workbench.localcloud.athena.scan import StoredObject
from workbench.localcloud.athena.statement import parse_statement

if TYPE_CHECKING:
    from workbench.localcloud.athena.results import Result


__all__ = ["MemoryCatalog", "parquet", "rows", "run"]


def parquet(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


class MemoryCatalog:
    """One projected Parquet table and one of JSON lines; notes every object that is read."""

    def __init__(self) -> None:
        self.contents = {
            "o/run_id=a/status=success/1": parquet({"n": pa.array([7, 8], pa.int32()), "x": [0.5, None]}),
            "o/run_id=a/status=failure/1": b"no parquet",
            "o/run_id=b/status=success/1": parquet({"n": pa.array([1]), "name": ['q"uote']}),
            "m/1": json.dumps({"run_id": "a", "axes": [{"name": "p", "values": [1, 2.5]}], "more": {"k": 1}}).encode(),
            "m/2": b'{"run_id": "b", "unknown": 3}\n',
        }
        self.read_keys: list[str] = []
        self._tables = {
            "t": GlueTable(
                database="db",
                name="t",
                columns={"n": "bigint", "x": "double", "name": "string"},
                keys={"run_id": "string", "status": "string"},
                location="s3://bucket/o/",
                serde="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                parameters={
                    "projection.enabled": "true",
                    "projection.run_id.type": "injected",
                    "projection.status.type": "enum",
                    "projection.status.values": "success,failure",
                    "storage.location.template": "s3://bucket/o/run_id=${run_id}/status=${status}",
                },
            ),
            "runs": GlueTable(
                database="db",
                name="runs",
                columns={
                    "run_id": "string",
                    "axes": "array<struct<name:string,values:array<double>>>",
                    "more": "string",
                },
                keys={},
                location="s3://bucket/m",
                serde="org.openx.data.jsonserde.JsonSerDe",
                parameters={},
            ),
        }

    def table(self, database: str, name: str) -> GlueTable | None:
        return self._tables.get(name) if database == "db" else None

    def objects(self, partition: Partition) -> tuple[StoredObject, ...]:
        keys = (key for key in self.contents if key.startswith(partition.prefix))
        return tuple(StoredObject(partition.bucket, key, len(self.contents[key])) for key in keys)

    def read(self, stored: StoredObject) -> bytes:
        self.read_keys.append(stored.key)
        return self.contents[stored.key]


def run(sql: str, *parameters: str, catalog: MemoryCatalog | None = None, limit: int | None = None) -> Result:
    catalog = catalog or MemoryCatalog()
    return Query(parse_statement(sql), parameters, database="db", catalog=catalog, scan_limit=limit).run()


def rows(sql: str, *parameters: str) -> list[tuple[str | None, ...]]:
    return list(run(sql, *parameters).rows)
