"""What is on the wire and in the bucket: documents, keys, columns and names that every part agrees on."""

from workbench.contract.catalog import Catalog, ExperimentSpec, MetricSpec, ParameterSpec, ValueType
from workbench.contract.codec import SCHEMA_VERSION, canonical, decode, digest, encode
from workbench.contract.columns import (
    COLUMN_TYPES,
    MANIFEST_COLUMNS,
    PARTITION_COLUMNS,
    RESERVED_COLUMNS,
    STATUSES,
    Column,
    ColumnType,
    Status,
    outcome_columns,
)
from workbench.contract.messages import ErrorBody, ErrorDetail, ErrorReply, Manifest, RunReply, RunRequest, Task
from workbench.contract.names import RUNS_TABLE, Environment, ErrorCode, Output, run_id_for, table_name
from workbench.contract.plan import plan_run
from workbench.contract.sweep import Seeding, SweepDocument, conform, sweep_id
from workbench.contract.validation import Caps, cap_faults, find_experiment, sweep_faults, value_fault

__all__ = [
    "COLUMN_TYPES",
    "MANIFEST_COLUMNS",
    "PARTITION_COLUMNS",
    "RESERVED_COLUMNS",
    "RUNS_TABLE",
    "SCHEMA_VERSION",
    "STATUSES",
    "Caps",
    "Catalog",
    "Column",
    "ColumnType",
    "Environment",
    "ErrorBody",
    "ErrorCode",
    "ErrorDetail",
    "ErrorReply",
    "ExperimentSpec",
    "Manifest",
    "MetricSpec",
    "Output",
    "ParameterSpec",
    "RunReply",
    "RunRequest",
    "Seeding",
    "Status",
    "SweepDocument",
    "Task",
    "ValueType",
    "canonical",
    "cap_faults",
    "conform",
    "decode",
    "digest",
    "encode",
    "find_experiment",
    "outcome_columns",
    "plan_run",
    "run_id_for",
    "sweep_faults",
    "sweep_id",
    "table_name",
    "value_fault",
]
