"""Names that two parts must agree on: tables, stack outputs, environment variables, error codes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, TypeAlias

__all__ = [
    "INFRASTRUCTURE",
    "MAX_PASSES",
    "RUNS_TABLE",
    "Environment",
    "ErrorCode",
    "Include",
    "Output",
    "TableParameter",
    "run_id_for",
    "table_name",
]

RUNS_TABLE: Final = "runs"

Include: TypeAlias = Literal["infra", "all"]
"""Which failed rows are evaluated again: those that infrastructure failed, or all."""

# Lambda ends chains of functions that invoke each other at about 16; the parents before the child are two of them.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MAX_PASSES: Final = 12


class Output(StrEnum):
    """Outputs of the deployed stack: all that a client needs to find it."""

    API_URL = "ApiUrl"
    BUCKET = "BucketName"
    DATABASE = "DatabaseName"
    WORKGROUP = "WorkgroupName"
    PARENT = "ParentFunctionName"
    CHILD = "ChildFunctionName"
    RECORDER = "RecorderFunctionName"
    RESEARCHER_POLICY = "ResearcherPolicyArn"


class TableParameter(StrEnum):
    """What the table of an experiment says of the code that fills it: all that a researcher may ask of the child."""

    FINGERPRINT = "workbench.fingerprint"
    PYTHON = "workbench.python"
    NUMPY = "workbench.numpy"


class Environment(StrEnum):
    """Environment variables that the template gives to the Lambdas, or a person to the workbench."""

    BUCKET = "WORKBENCH_BUCKET"
    CHILD_FUNCTION = "WORKBENCH_CHILD_FUNCTION"
    EXPERIMENTS = "WORKBENCH_EXPERIMENTS"
    MAX_ROWS = "WORKBENCH_MAX_ROWS"
    MAX_ROWS_PER_SHARD = "WORKBENCH_MAX_ROWS_PER_SHARD"
    MAX_SHARDS = "WORKBENCH_MAX_SHARDS"


class ErrorCode(StrEnum):
    """Why a row has no metrics. A user's exception is reported by its class name instead."""

    CANCELLED = "CANCELLED"
    CODE_MISMATCH = "CODE_MISMATCH"
    CRASH = "CRASH"
    DEADLINE = "DEADLINE"
    DISPATCH = "DISPATCH"
    OOM = "OOM"
    SCHEMA = "SCHEMA"
    THROTTLED = "THROTTLED"
    TIMEOUT = "TIMEOUT"


# What another try may cure: resuming a run evaluates these rows again. The experiment's own errors would only recur.
INFRASTRUCTURE: Final = frozenset(
    {
        ErrorCode.CANCELLED,
        ErrorCode.CRASH,
        ErrorCode.DEADLINE,
        ErrorCode.DISPATCH,
        ErrorCode.OOM,
        ErrorCode.THROTTLED,
        ErrorCode.TIMEOUT,
    }
)


def table_name(experiment: str) -> str:
    """Name of the Glue table that holds an experiment's outcomes."""
    return f"outcomes_{experiment}"


def run_id_for(experiment: str, sweep_id: str) -> str:
    """Name of the run of a sweep: the experiment and the first 12 digits of the sweep's hash."""
    return f"{experiment}-{sweep_id[:12]}"
