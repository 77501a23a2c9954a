"""A resume: the next generation of a run, dispatched to every shard that has no success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.parent.dispatch import dispatch_shards
from lambdas.parent.standing import find_unfinished
from workbench.contract import ResumeReply, Resumption
from workbench.errors import CodeMismatchError
from workbench.storage.controls import begin_generation, find_controls
from workbench.storage.manifest import read_manifest

if TYPE_CHECKING:
    from lambdas.parent.service import Service
    from workbench.contract import Catalog, ExperimentSpec, Include

__all__ = ["resume"]


def resume(run_id: str, service: Service, *, include: Include, by: str, at: str) -> ResumeReply:
    """Dispatch again what is missing or failed.

    Parameters
    ----------
    run_id : str
        The run.
    service : Service
        What to act through.
    include : {'infra', 'all'}
        Which failed rows the children evaluate again; they know, keys do not say.
    by, at : str
        Who resumes, and when (UTC, ISO 8601).

    Returns
    -------
    ResumeReply
        With the generation as it was, and zeros, where every shard has a success; nothing is written then.

    Raises
    ------
    UnknownRunError
        If there is no such run.
    CodeMismatchError
        If the deployed code is not that of the run: children would refuse every row.
    RunError
        If shards cannot be handed on; resuming again is safe then.
    """
    manifest = read_manifest(service.store, run_id)
    _check_code(manifest.spec, service.catalog)
    unfinished = find_unfinished(service.store, manifest)
    if unfinished.shards:
        generation = begin_generation(service.store, manifest.run_id, Resumption(by=by, at=at, include=include))
        dispatch_shards(manifest.run_id, unfinished.shards, service, generation=generation, include=include)
    else:
        generation = find_controls(service.store, manifest.run_id).generation
    return ResumeReply(
        run_id=manifest.run_id,
        generation=generation,
        missing=len(unfinished.missing),
        failed=len(unfinished.failed),
    )


def _check_code(spec: ExperimentSpec, catalog: Catalog) -> None:
    deployed = catalog.find(spec.name)
    if deployed is None or deployed.fingerprint != spec.fingerprint:
        found = f"the deployed one ({deployed.fingerprint[:12]})" if deployed else "deployed"
        raise CodeMismatchError(
            f"the run's code of {spec.name!r} (fingerprint {spec.fingerprint[:12]}) is not {found}: submit the sweep "
            "again, as a run of the deployed code, or deploy the run's code"
        )
