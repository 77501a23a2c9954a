"""A cancellation: the tombstone of a run's latest generation, which its children look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.parent.submit import complete
from workbench.contract import Cancellation, CancelReply, encode
from workbench.contract.keys import control_key
from workbench.storage.controls import find_controls
from workbench.storage.manifest import read_manifest

if TYPE_CHECKING:
    from lambdas.parent.service import Service

__all__ = ["cancel"]


def cancel(run_id: str, service: Service, *, by: str, at: str) -> CancelReply:
    """Tell the children of a run to stop; the first to do so stays on record.

    Every shard ends with an outcome, so children that were never started are started now: they find the tombstone.

    Parameters
    ----------
    run_id : str
        The run.
    service : Service
        What to act through.
    by, at : str
        Who cancels, and when (UTC, ISO 8601).

    Returns
    -------
    CancelReply

    Raises
    ------
    UnknownRunError
        If there is no such run.
    RunError
        If shards cannot be handed on; cancelling again is safe then.
    """
    manifest = read_manifest(service.store, run_id)
    generation = find_controls(service.store, manifest.run_id).generation
    tombstone = control_key(manifest.run_id, generation, "cancelled")
    service.store.put(tombstone, encode(Cancellation(by=by, at=at)), if_absent=True)
    complete(manifest, service)
    return CancelReply(run_id=manifest.run_id, generation=generation)
