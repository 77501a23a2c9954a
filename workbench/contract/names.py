"""Names that two parts must agree on: tables, stack outputs, environment variables, error codes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["RUNS_TABLE", "Environment", "ErrorCode", "Output", "run_id_for", "table_name"]

RUNS_TABLE: Final = "runs"


class Output(StrEnum):
    """Outputs of the deployed stack: all that a client needs to find it."""

    API_URL = "ApiUrl"
    BUCKET = "BucketName"
    DATABASE = "DatabaseName"
    WORKGROUP = "WorkgroupName"
    PARENT = "ParentFunctionName"
    CHILD = "ChildFunctionName"
    RESEARCHER_POLICY = "ResearcherPolicyArn"


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

    CODE_MISMATCH = "CODE_MISMATCH"
    SCHEMA = "SCHEMA"


def table_name(experiment: str) -> str:
    """Name of the Glue table that holds an experiment's outcomes."""
    return f"outcomes_{experiment}"


def run_id_for(experiment: str, sweep_id: str) -> str:
    """Name of the run of a sweep: the experiment and the first 12 digits of the sweep's hash."""
    return f"{experiment}-{sweep_id[:12]}"
