"""A submission: the manifest first, then the children, then the control that says that all were started.

Every step can be repeated, so that a submission whose answer was lost, or whose parent died halfway, is made whole by
submitting again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.parent.dispatch import dispatch_shards
from lambdas.parent.standing import find_unfinished
from workbench.contract import RunReply, encode
from workbench.contract.keys import manifest_key
from workbench.errors import RunConflictError
from workbench.storage.controls import find_controls, find_include
from workbench.storage.manifest import read_manifest

if TYPE_CHECKING:
    from lambdas.parent.service import Service
    from workbench.contract import Manifest

__all__ = ["complete", "submit"]


def submit(manifest: Manifest, service: Service) -> tuple[int, RunReply]:
    """Create a run, or find the one that exists; hand on what was not handed on yet.

    Parameters
    ----------
    manifest : Manifest
        The run as it is planned.
    service : Service
        What to act through.

    Returns
    -------
    status : int
        202 where the run was created, 200 where it exists.
    reply : RunReply
        What the run has, which may be another shard size than was asked for.

    Raises
    ------
    RunConflictError
        If the run is one of another sweep; nothing is written or dispatched then.
    RunError
        If shards cannot be handed on; submitting again is safe then.
    """
    if service.store.put(manifest_key(manifest.run_id), encode(manifest), if_absent=True):
        dispatch_shards(manifest.run_id, range(manifest.n_shards), service, generation=0, include="infra")
        return 202, _reply(manifest, created=True)
    found = read_manifest(service.store, manifest.run_id)
    if found.sweep_id != manifest.sweep_id:
        raise RunConflictError(
            f"the run {found.run_id} is one of another sweep: give another run_id, or none and a fresh nonce"
        )
    complete(found, service)
    return 200, _reply(found, created=False)


def complete(manifest: Manifest, service: Service) -> None:
    """Hand on the unfinished shards of a run whose latest generation was not dispatched to its end.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    service : Service
        What to act through.

    Raises
    ------
    RunError
        If shards cannot be handed on; asking again is safe then.
    """
    controls = find_controls(service.store, manifest.run_id)
    if not controls.dispatched:
        shards = find_unfinished(service.store, manifest).shards
        include = find_include(service.store, manifest.run_id, controls.generation)
        dispatch_shards(manifest.run_id, shards, service, generation=controls.generation, include=include)


def _reply(manifest: Manifest, *, created: bool) -> RunReply:
    return RunReply(
        run_id=manifest.run_id,
        created=created,
        n_points=manifest.n_points,
        n_rows=manifest.n_rows,
        n_shards=manifest.n_shards,
        shard_size=manifest.shard_size,
    )
