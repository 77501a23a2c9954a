"""Every column of every table, in one place: outcome files, Glue tables and the SQL builder read them from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from workbench.contract.catalog import ExperimentSpec, ValueType

__all__ = [
    "COLUMN_TYPES",
    "MANIFEST_COLUMNS",
    "PARTITION_COLUMNS",
    "RESERVED_COLUMNS",
    "STATUSES",
    "Column",
    "ColumnType",
    "Status",
    "outcome_columns",
]

ColumnType: TypeAlias = Literal["bigint", "int", "double", "boolean", "string", "timestamp"]
Status: TypeAlias = Literal["success", "failure"]

STATUSES: Final[tuple[Status, ...]] = ("success", "failure")

COLUMN_TYPES: Final[dict[ValueType, ColumnType]] = {
    "float": "double",
    "int": "bigint",
    "bool": "boolean",
    "str": "string",
}


class Column(msgspec.Struct, frozen=True):
    """A column; its type is named as Glue and Athena name it."""

    name: str
    type: ColumnType
    doc: str = ""


IDENTITY_COLUMNS: Final = (
    Column("shard_id", "int", "The shard that evaluated the row."),
    Column("row_index", "bigint", "Place of the row in the run: replicate after replicate, each with all points."),
    Column("point_index", "bigint", "Place of the point in the space."),
    Column("replicate", "int", "Repetition of the point, from 0 or the sweep's first_replicate."),
)

REPORT_COLUMNS: Final = (
    Column("error_code", "string", "Why the row has no metrics; NULL where it is good."),
    Column("error_message", "string", "What the error said."),
    Column("duration_ms", "double", "Time spent on the row."),
    Column("attempt", "int", "Which delivery of the shard wrote the row, from 1."),
    Column("started_at", "timestamp", "When the shard's evaluation began, UTC."),
    Column("worker", "string", "The process or sandbox that evaluated the shard."),
    Column("fingerprint", "string", "Hash of the experiment's code."),
    Column("schema_version", "int", "Version of this layout."),
)

PARTITION_COLUMNS: Final = (
    Column("run_id", "string", "The run; every query names it."),
    Column("status", "string", "success where every row of the shard is good, else failure."),
)

MANIFEST_COLUMNS: Final = (
    Column("run_id", "string", "The run."),
    Column("sweep_id", "string", "Hash of the canonical sweep and the experiment's code."),
    Column("created_at", "string", "When it was submitted, UTC, ISO 8601."),
    Column("created_by", "string", "Who submitted it."),
    Column("n_points", "bigint", "Points of the space."),
    Column("n_rows", "bigint", "Rows: points times replicates."),
    Column("n_shards", "bigint", "Shards."),
    Column("shard_size", "bigint", "Rows per shard."),
)

RESERVED_COLUMNS: Final = frozenset(
    column.name for column in (*IDENTITY_COLUMNS, *REPORT_COLUMNS, *PARTITION_COLUMNS)
) | {"experiment", "metric", "count", "mean", "std", "sem", "ci_low", "ci_high"}


def outcome_columns(spec: ExperimentSpec) -> tuple[Column, ...]:
    """Columns of an experiment's outcomes, in file order.

    Parameters
    ----------
    spec : ExperimentSpec
        From the catalog.

    Returns
    -------
    tuple of Column
        Identity, parameters, metrics, report; the partition columns are not in the file.
    """
    parameters = (Column(item.name, COLUMN_TYPES[item.type], item.doc) for item in spec.parameters)
    metrics = (Column(item.name, COLUMN_TYPES[item.type], item.doc) for item in spec.metrics)
    return (*IDENTITY_COLUMNS, *parameters, *metrics, *REPORT_COLUMNS)
