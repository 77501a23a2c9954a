"""The builder's queries in the Athena of the stack in the laptop, which translates Trino's SQL for DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.analysis.athena import athena_literal
from workbench.analysis.duck import DuckEngine
from workbench.analysis.own_query import own_query
from workbench.analysis.sql import Query, aggregate_query, coverage_query, failures_query
from workbench.contract import PARTITION_COLUMNS, ExperimentSpec, outcome_columns, table_name
from workbench.contract.keys import table_prefix
from workbench.localcloud.athena import engine as stand_in
from workbench.localcloud.athena.projection import GlueTable, Partition
from workbench.localcloud.athena.scan import StoredObject
from workbench.localcloud.athena.statement import parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Outcomes

SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
READ: dict[str, Callable[[str], Any]] = {
    "bigint": int,
    "integer": int,
    "double": float,
    "boolean": lambda text: text == "true",
    "timestamp": pd.Timestamp,
    "date": pd.Timestamp,
}
OWN = """
SELECT policy, avg(wait) AS mean, CAST(max(started_at) AS date) AS day, sum(served) / 7 AS weekly
FROM outcomes WHERE rate < ? GROUP BY 1 ORDER BY 1
"""
OWN_RELATION = """
WITH means AS (SELECT rate, servers, avg(wait) AS mean FROM outcomes WHERE rate < ? GROUP BY rate, servers)
SELECT rate, mean FROM means WHERE mean > ? ORDER BY rate, mean
"""


@dataclass(frozen=True)
class FolderCatalog:
    """The one table of a run's experiment, in the folder of its outcomes."""

    run: Outcomes

    def table(self, database: str, name: str) -> GlueTable | None:
        if (database, name) != ("sweeps", table_name(self.run.spec.name)):
            return None
        location = f"s3://bucket/{table_prefix(self.run.spec.name)}"
        return GlueTable(
            database=database,
            name=name,
            columns={column.name: column.type for column in outcome_columns(self.run.spec)},
            keys={column.name: column.type for column in PARTITION_COLUMNS},
            location=location,
            serde=SERDE,
            parameters={
                "projection.enabled": "true",
                "projection.run_id.type": "injected",
                "projection.status.type": "enum",
                "projection.status.values": "success,failure",
                "storage.location.template": f"{location}run_id=${{run_id}}/status=${{status}}",
            },
        )

    def objects(self, partition: Partition) -> tuple[StoredObject, ...]:
        files = sorted((self.run.root / partition.prefix).glob("*.parquet"))
        return tuple(
            StoredObject(partition.bucket, path.relative_to(self.run.root).as_posix(), path.stat().st_size)
            for path in files
        )

    def read(self, stored: StoredObject) -> bytes:
        return (self.run.root / stored.key).read_bytes()


def ask(run: Outcomes, query: Query) -> pd.DataFrame:
    literals = [athena_literal(value) for value in query.parameters]
    asked = stand_in.Query(
        parse_statement(query.sql), literals, database="sweeps", catalog=FolderCatalog(run), scan_limit=None
    )
    result = asked.run()
    columns = [
        [None if row[place] is None else READ.get(column.type, str)(row[place] or "") for row in result.rows]
        for place, column in enumerate(result.columns)
    ]
    return pd.DataFrame(dict(zip([column.name for column in result.columns], columns, strict=True)))


def queries(spec: ExperimentSpec, run_id: str) -> dict[str, Query]:
    every = ["count", "mean", "std", "sem", "ci", "min", "max", "median", "p0", "p2.5", "p100"]
    where = {"rate": [0.1, 2.5], "policy": "last in's first", "preempt": False, "servers": [1, 2]}
    return {
        "defaults": aggregate_query(spec, run_id, by=["rate"]),
        "all statistics": aggregate_query(spec, run_id, by=["servers", "policy"], stats=every),
        "of the whole run": aggregate_query(spec, run_id, by=[], metrics=["drift"], stats=["p5", "p95"]),
        "of chosen rows": aggregate_query(spec, run_id, by=["replicate"], stats=["p50", "count"], where=where),
        "coverage": coverage_query(spec, run_id),
        "failures": failures_query(spec, run_id),
        "own": own_query(spec, run_id, OWN, [2.0]),
        "own with its own relations": own_query(spec, run_id, OWN_RELATION, [2.0, 0.5]),
    }


def test_the_stand_in_answers_like_duckdb(outcomes: Outcomes) -> None:
    duck = DuckEngine(outcomes.root, outcomes.spec, outcomes.run_id)
    for name, query in queries(outcomes.spec, outcomes.run_id).items():
        answer, expected = ask(outcomes, query), duck.query(query)
        assert len(expected) > 0, name
        pd.testing.assert_frame_equal(answer, expected, check_dtype=False, rtol=1e-12, obj=name)
