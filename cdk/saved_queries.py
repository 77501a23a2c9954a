"""Questions to the logs, saved in CloudWatch Logs Insights: what an operator asks when a run is not as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_logs as logs
from constructs import Construct

if TYPE_CHECKING:
    from config import StageConfig
    from functions import Functions

__all__ = ["QUERIES", "SavedQueries"]

_RUN: Final = "PUT-RUN-ID-HERE"
QUERIES: Final = {
    "everything of a run": (
        "fields @timestamp, service, level, shard_id, generation, message, error, reason"
        f'\n| filter run_id = "{_RUN}"\n| sort @timestamp asc\n| limit 10000'
    ),
    "what went wrong": (
        "fields @timestamp, service, run_id, shard_id, message, exception_name, error, reason"
        '\n| filter level in ["WARNING", "ERROR", "CRITICAL"]\n| sort @timestamp desc\n| limit 1000'
    ),
    "slowest shards of a run": (
        f'filter service = "child" and message = "evaluated" and run_id = "{_RUN}"'
        "\n| stats sum(seconds) as total, max(passes) as passes, max(rows) as n_rows by shard_id"
        "\n| sort total desc\n| limit 100"
    ),
    "rows that are not good, by run and code": (
        "filter ispresent(FailedRows)\n| stats sum(FailedRows) as failed by run_id, code\n| sort failed desc"
    ),
    "shards that were given up": (
        'fields @timestamp, run_id, shard_id, generation, code, reason\n| filter service = "recorder"'
        ' and message = "recorded"\n| sort @timestamp desc\n| limit 1000'
    ),
    "duplicate deliveries": (
        "filter DuplicateDeliveries > 0\n| stats count(*) as deliveries by run_id, shard_id\n| sort deliveries desc"
    ),
    "from one request to its children": (
        "fields @timestamp, service, run_id, shard_id, message\n"
        '| filter xray_trace_id = "PUT-TRACE-ID-HERE"\n| sort @timestamp asc\n| limit 10000'
    ),
    "memory that children use": (
        'filter type = "platform.report"\n| stats max(record.metrics.maxMemoryUsedMB) as most,'
        " max(record.metrics.memorySizeMB) as size, max(record.metrics.durationMs) as longest_ms by bin(5m)"
    ),
}


class SavedQueries(Construct):
    """The saved questions of a deployment, in a folder of its name."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, functions: Functions) -> None:
        super().__init__(scope, construct_id)
        for name, text in QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                name,
                name=f"{config.stack_name}/{name}",
                log_group_names=[one.log_group.log_group_name for one in functions.all],
                query_string=text,
            )
