"""Runs on a deployed stack: submitted over its API, followed in its bucket, queried by its Athena workgroup."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.analysis.athena import AthenaEngine
from workbench.contract import Output
from workbench.contract.keys import MANIFESTS_PREFIX, run_id_of_manifest
from workbench.runs.api import Api
from workbench.runs.run import Run, read_manifest
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from workbench.runs.sweep import Sweep

__all__ = ["CloudBackend", "Stack"]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed stack, as a client finds it.

    Parameters
    ----------
    name : str
        Of the stack.
    outputs : mapping
        Its outputs.
    session : boto3.session.Session
        Whose credentials are used.
    api_url : str
        Of the API's stage, without a slash at the end.
    endpoint_url : str, optional
        Of every service, where it is not AWS.
    remedy : str
        What to do where it cannot be reached.
    """

    name: str
    outputs: Mapping[str, str]
    session: boto3.session.Session
    api_url: str
    remedy: str
    endpoint_url: str | None = None


class CloudBackend:
    """Evaluates in Lambda; `submit` returns when the parent has dispatched the children.

    Parameters
    ----------
    stack : Stack
        Where.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._api = Api(stack.api_url, stack.session, remedy=stack.remedy)
        client = stack.session.client("s3", endpoint_url=stack.endpoint_url)
        self._store = S3Store(client, stack.outputs[Output.BUCKET])
        self._engine = AthenaEngine(
            database=stack.outputs[Output.DATABASE],
            workgroup=stack.outputs[Output.WORKGROUP],
            session=stack.session,
            endpoint_url=stack.endpoint_url,
        )

    def submit(self, sweep: Sweep, *, shard_size: int | None = None, fresh: bool = False) -> Run:
        """Start the run of a sweep, or find the one that exists; see `Backend.submit`.

        Raises
        ------
        ApiError
            If the service refuses the sweep; with every fault that it found.
        DeploymentError
            If the service cannot be reached.
        """
        nonce = secrets.token_hex(8) if fresh else ""
        reply = self._api.submit(sweep.request(shard_size=shard_size, nonce=nonce))
        return self.open(reply.run_id)

    def open(self, run_id: str) -> Run:
        """Find a run by its name; RunError where there is none."""
        return Run(read_manifest(self._store, run_id), self._store, self._engine)

    def run_ids(self) -> list[str]:
        """Names of all runs, sorted."""
        return [run_id_of_manifest(key) for key in self._store.keys(MANIFESTS_PREFIX)]

    def __repr__(self) -> str:
        return f"CloudBackend({self.stack.name!r})"
