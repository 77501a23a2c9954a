"""What Lambda calls with a task: one shard evaluated, one outcome left."""

from __future__ import annotations

import os
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import msgspec
from botocore.config import Config

from lambdas.child.measure import failed_rows, measure
from lambdas.telemetry import logger, observed
from workbench.compute.shard import Limits, run_shard
from workbench.contract import Environment, Manifest, Task, encode
from workbench.storage.manifest import read_manifest
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]

# Of the time limit, what is kept for joining and writing the outcome: a fifth, 10 s at most.
_RESERVE: Final = 0.2
_RESERVE_SECONDS: Final = 10.0
_RETRIES: Final = Config(retries={"mode": "standard", "max_attempts": 10})

session = botocore.session.get_session()
store = S3Store(session.create_client("s3", config=_RETRIES), os.environ[Environment.BUCKET])


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Evaluate the shard that the task names, or go on with it."""
    task = msgspec.convert(event, Task)
    logger.append_keys(run_id=task.run_id, shard_id=task.shard_id, generation=task.generation)
    manifest = _manifest(task.run_id)
    began = time.monotonic()
    report = run_shard(store, manifest, task, worker=context.log_stream_name, limits=_limits(context), go_on=_go_on)
    seconds = time.monotonic() - began
    logger.info("evaluated", passes=task.passes, seconds=round(seconds, 3), **vars(report))
    measure(task, report, seconds=seconds, failed=failed_rows(store, manifest, report))
    return vars(report)


def _limits(context: LambdaContext) -> Limits:
    remaining = context.get_remaining_time_in_millis() / 1e3
    return Limits(
        deadline=time.monotonic() + remaining - min(_RESERVE_SECONDS, _RESERVE * remaining),
        memory_bytes=int(context.memory_limit_in_mb) * 2**20,
    )


def _go_on(task: Task) -> None:
    """Ask for the next pass; an exception makes Lambda deliver this one again."""
    _functions().invoke(
        FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"], InvocationType="Event", Payload=encode(task)
    )


@cache
def _functions() -> Any:
    """Make the client that few children need, when one needs it."""
    return session.create_client("lambda", config=_RETRIES)


@lru_cache(maxsize=4)
def _manifest(run_id: str) -> Manifest:
    return read_manifest(store, run_id)
