"""What Lambda calls with the record of an invocation that failed for good: every shard of it gets its outcome."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
from botocore.config import Config

from lambdas.recorder.classify import classify
from lambdas.telemetry import Metric, emit, logger, observed
from workbench.compute.record import record_failure
from workbench.contract import Dispatch, Environment, ErrorCode, Manifest, Task
from workbench.storage.manifest import read_manifest
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]

store = S3Store(
    botocore.session.get_session().create_client("s3", config=Config(retries={"mode": "standard", "max_attempts": 10})),
    os.environ[Environment.BUCKET],
)


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record the failure of a child, or of a copy of the parent that was to start children."""
    lost = event["requestPayload"]
    code, message = classify(event)
    if "shards" in lost:
        dispatch = msgspec.convert(lost, Dispatch)
        tasks = list(dispatch.tasks)
        code, message = ErrorCode.DISPATCH, f"the shard's child could not be started, {message}"
    else:
        tasks = [msgspec.convert(lost, Task)]
    rows = failed = 0
    for task in tasks:
        logger.append_keys(run_id=task.run_id, shard_id=task.shard_id, generation=task.generation)
        report = record_failure(
            store,
            _manifest(task.run_id),
            task.shard_id,
            generation=task.generation,
            code=code,
            message=message,
            worker=context.log_stream_name,
        )
        logger.warning("recorded", code=code.value, reason=message, **vars(report))
        if not report.duplicate:
            rows, failed = rows + report.rows, failed + report.failed
    emit({Metric.ROWS: rows}, run_id=tasks[0].run_id)
    emit({Metric.LOST_SHARDS: len(tasks), Metric.FAILED_ROWS: failed}, code=code.value, run_id=tasks[0].run_id)
    return {"code": code.value, "shards": len(tasks)}


@lru_cache(maxsize=4)
def _manifest(run_id: str) -> Manifest:
    return read_manifest(store, run_id)
