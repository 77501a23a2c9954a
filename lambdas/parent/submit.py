"""A submission: planned purely, then written and dispatched, the manifest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from workbench.contract import Manifest, RunReply, RunRequest, Task, decode, encode, plan_run
from workbench.contract.keys import manifest_key
from workbench.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contract import Caps, Catalog
    from workbench.storage import Store

__all__ = ["Dispatcher", "Service", "submit"]


class Dispatcher(Protocol):
    """Starts children, each with a task, without waiting for any."""

    def dispatch(self, tasks: Iterable[Task]) -> None:
        """Start a child for every task; raise RunError if one cannot be started."""
        ...


@dataclass(frozen=True)
class Service:
    """What a submission needs."""

    catalog: Catalog
    caps: Caps
    store: Store
    dispatcher: Dispatcher


def submit(request: RunRequest, service: Service, *, caller: str) -> tuple[int, RunReply]:
    """Create the run of a sweep, or find the one that exists.

    Parameters
    ----------
    request : RunRequest
        What is asked for.
    service : Service
        Catalog, caps, store and dispatcher.
    caller : str
        ARN of whoever asks.

    Returns
    -------
    status : int
        202 where the run was created, 200 where it exists.
    reply : RunReply

    Raises
    ------
    SweepError, CodeMismatchError
        If the sweep is refused; nothing is written or dispatched then.
    RunError
        If children cannot be started.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = plan_run(request, service.catalog, service.caps, created_by=caller, created_at=now)
    key = manifest_key(manifest.run_id)
    if not service.store.put(key, encode(manifest), if_absent=True):
        return 200, _reply(_existing(service.store, key, manifest), created=False)
    service.dispatcher.dispatch(
        Task(run_id=manifest.run_id, shard_id=shard_id, start=start, stop=stop)
        for shard_id, start, stop in manifest.plan
    )
    return 202, _reply(manifest, created=True)


def _existing(store: Store, key: str, wanted: Manifest) -> Manifest:
    found = decode(store.get(key) or b"", Manifest, source=key)
    if found.sweep_id != wanted.sweep_id:
        raise RunError(f"{wanted.run_id} is the run of another sweep: submit with a fresh nonce")
    return found


def _reply(manifest: Manifest, *, created: bool) -> RunReply:
    return RunReply(
        run_id=manifest.run_id,
        created=created,
        n_points=manifest.n_points,
        n_rows=manifest.n_rows,
        n_shards=manifest.n_shards,
        shard_size=manifest.shard_size,
    )
