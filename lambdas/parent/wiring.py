"""The parent's adapters, wired once per sandbox from its environment and its asset."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.parent.submit import Service
from workbench.contract import Caps, Catalog, Environment, decode, encode
from workbench.errors import RunError
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contract import Task

__all__ = ["wire"]

# Concurrent invocations; an asynchronous one is answered in a few milliseconds.
_THREADS: Final = 16
_CATALOG: Final = Path(__file__).resolve().parents[2] / "catalog.json"


class LambdaDispatcher:
    """Starts children by asynchronous invocation."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def dispatch(self, tasks: Iterable[Task]) -> None:
        """Start a child for every task; raise RunError if one cannot be started."""
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(self._start, tasks):
                pass

    def _start(self, task: Task) -> None:
        try:
            self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=encode(task))
        except (BotoCoreError, ClientError) as error:
            raise RunError(f"shard {task.shard_id} of {task.run_id} could not be started: {error}") from error


@cache
def wire() -> Service:
    """Make the clients and read the catalog, at the first request of a sandbox."""
    environ = os.environ
    session = botocore.session.get_session()
    config = Config(max_pool_connections=_THREADS, retries={"mode": "standard", "max_attempts": 5})
    return Service(
        catalog=decode(_CATALOG.read_bytes(), Catalog, source="catalog.json"),
        caps=Caps(
            max_shards=int(environ[Environment.MAX_SHARDS]),
            max_rows_per_shard=int(environ[Environment.MAX_ROWS_PER_SHARD]),
            max_rows=int(environ[Environment.MAX_ROWS]),
        ),
        store=S3Store(session.create_client("s3", config=config), environ[Environment.BUCKET]),
        dispatcher=LambdaDispatcher(
            session.create_client("lambda", config=config), environ[Environment.CHILD_FUNCTION]
        ),
    )
