"""The parent's adapters, wired once per sandbox from its environment and its asset."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

import botocore.session
from botocore.config import Config

from lambdas.parent.dispatch import THREADS
from lambdas.parent.invoke import LambdaDispatcher
from lambdas.parent.service import Service
from workbench.contract import Caps, Catalog, Environment, decode
from workbench.storage.s3 import S3Store

__all__ = ["CLIENT", "wire"]

# A request has 29 s. Where Lambda throttles everything, trying 200 children takes 10 s with 4 attempts each, 17 s with
# 5, 36 s with 8 (measured with botocore 1.43, whose clients retry 100 times in all before they give up at once). The
# rest is for the copy that takes over, which Lambda itself starts again if it fails.
_ATTEMPTS: Final = 4
# A connection that hangs must leave time for another try.
_HANGS_S: Final = 10
CLIENT: Final = Config(
    max_pool_connections=THREADS,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    connect_timeout=_HANGS_S,
    read_timeout=_HANGS_S,
)
_CATALOG: Final = Path(__file__).resolve().parents[2] / "catalog.json"


@cache
def wire() -> Service:
    """Make the clients and read the catalog, at the first event of a sandbox."""
    environ = os.environ
    session = botocore.session.get_session()
    return Service(
        catalog=decode(_CATALOG.read_bytes(), Catalog, source="catalog.json"),
        caps=Caps(
            max_shards=int(environ[Environment.MAX_SHARDS]),
            max_rows_per_shard=int(environ[Environment.MAX_ROWS_PER_SHARD]),
            max_rows=int(environ[Environment.MAX_ROWS]),
        ),
        store=S3Store(session.create_client("s3", config=CLIENT), environ[Environment.BUCKET]),
        dispatcher=LambdaDispatcher(
            children=session.create_client("lambda", config=CLIENT),
            copies=session.create_client("lambda", config=CLIENT),
            child=environ[Environment.CHILD_FUNCTION],
            parent=environ["AWS_LAMBDA_FUNCTION_NAME"],
        ),
    )
