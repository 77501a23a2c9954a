"""A run's outcomes on disk, in the states that shards really leave behind, and the rows of it that count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec, Status, outcome_columns
from workbench.contract.keys import outcome_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUN_ID = "queue-0123456789ab"
ARROW = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Outcomes:
    root: Path
    spec: ExperimentSpec
    run_id: str
    counting: pd.DataFrame

    def write(self, rows: pd.DataFrame, *, status: Status, run_id: str | None = None) -> None:
        schema = pa.schema([(column.name, ARROW[column.type]) for column in outcome_columns(self.spec)])
        path = self.root / outcome_key(self.spec.name, run_id or self.run_id, status, int(rows["shard_id"].iloc[0]))
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), path)


@pytest.fixture
def spec() -> ExperimentSpec:
    return ExperimentSpec(
        name="queue",
        version="1",
        fingerprint="f",
        uses_rng=True,
        doc="",
        parameters=(
            ParameterSpec(name="rate", type="float", gt=0),
            ParameterSpec(name="servers", type="int"),
            ParameterSpec(name="policy", type="str", choices=("first in, first out", "last in's first")),
            ParameterSpec(name="preempt", type="bool", default=False),
        ),
        metrics=(
            MetricSpec(name="wait", type="float"),
            MetricSpec(name="served", type="int"),
            MetricSpec(name="stable", type="bool"),
            MetricSpec(name="drift", type="float", optional=True),
            MetricSpec(name="note", type="str"),
        ),
    )


@pytest.fixture
def empty(tmp_path: Path, spec: ExperimentSpec) -> Outcomes:
    return Outcomes(tmp_path, spec, RUN_ID, counting=rows_of_a_run().iloc[:0])


@pytest.fixture
def outcomes(tmp_path: Path, spec: ExperimentSpec) -> Outcomes:
    """Shards 0 and 1 succeeded, 1 after a failure that counts no more; 2 failed in part, 3 as a whole; 4 is missing."""
    rows = rows_of_a_run()
    shards = [shard for _, shard in rows.groupby("shard_id")]
    partly = failed(shards[2], lambda row_index: row_index % 3 == 0, "ValueError")
    wholly = failed(shards[3], lambda _: True, "TIMEOUT")
    run = Outcomes(tmp_path, spec, RUN_ID, counting=pd.concat([shards[0], shards[1], partly, wholly]))
    run.write(shards[0], status="success")
    history = shards[1].assign(wait=1e6)  # good rows of a failure that a later success replaces
    run.write(failed(history, lambda row_index: row_index % 2 == 0, "CRASH"), status="failure")
    run.write(shards[1], status="success")
    run.write(partly, status="failure")
    run.write(wholly, status="failure")
    run.write(shards[0].assign(wait=-5.0), status="success", run_id="queue-ffffffffffff")
    return run


def rows_of_a_run() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    points = [
        (rate, servers, policy)
        for rate in (0.1, 0.5, 2.5)
        for servers in (1, 2)
        for policy in ("first in, first out", "last in's first")
    ]
    n_rows = 5 * len(points)
    rows = pd.DataFrame([(index, *points[index % len(points)]) for index in range(n_rows)])
    rows.columns = pd.Index(["row_index", "rate", "servers", "policy"])
    return rows.assign(
        shard_id=rows["row_index"] // len(points),
        point_index=rows["row_index"] % len(points),
        replicate=rows["row_index"] // len(points),
        preempt=rows["row_index"] % 2 == 0,
        wait=rng.exponential(3.0, n_rows),
        served=rng.integers(0, 1000, n_rows),
        stable=rng.random(n_rows) < 0.7,
        drift=np.where(rng.random(n_rows) < 0.5, np.nan, rng.normal(size=n_rows)),
        note="fine",
        error_code=None,
        error_message=None,
        duration_ms=1.5,
        attempt=1,
        started_at=datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - the column is UTC by declaration
        worker="test",
        fingerprint="f",
        schema_version=1,
    ).astype({"error_code": object, "error_message": object, "served": "Int64", "stable": "boolean"})


def failed(rows: pd.DataFrame, fails: Callable[[int], bool], code: str) -> pd.DataFrame:
    """Rows as a failure outcome has them: no metrics where the error is."""
    rows = rows.copy()
    bad = rows["row_index"].map(fails).astype(bool)
    rows.loc[bad, ["wait", "drift"]] = np.nan
    rows.loc[bad, ["served", "stable"]] = pd.NA
    rows.loc[bad, "note"] = None
    rows.loc[bad, "error_code"] = code
    rows.loc[bad, "error_message"] = "row " + rows["row_index"].astype(str)
    return rows
