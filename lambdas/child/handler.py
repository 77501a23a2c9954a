"""What Lambda calls with a task: one shard evaluated, one outcome left."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
from aws_lambda_powertools.logging import Logger

from workbench.compute.shard import run_shard
from workbench.contract import Environment, Manifest, Task, decode
from workbench.contract.keys import manifest_key
from workbench.errors import RunError
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]

logger = Logger()
store = S3Store(botocore.session.get_session().create_client("s3"), os.environ[Environment.BUCKET])


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Evaluate the shard that the task names."""
    task = msgspec.convert(event, Task)
    logger.append_keys(run_id=task.run_id, shard_id=task.shard_id)
    report = run_shard(store, _manifest(task.run_id), task.shard_id, worker=context.log_stream_name)
    logger.info("evaluated", **vars(report))
    return vars(report)


@lru_cache(maxsize=4)
def _manifest(run_id: str) -> Manifest:
    key = manifest_key(run_id)
    data = store.get(key)
    if data is None:
        raise RunError(f"there is no {key}: a task must not be sent before its manifest is written")
    return decode(data, Manifest, source=key)
