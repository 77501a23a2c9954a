"""What a grid would become at a back end: its sweep, and how its rows would be cut before any of them was tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.contract import Caps, cap_faults
from workbench.contract.plan import choose_shard_size
from workbench.errors import SweepError
from workbench.runs.folder import plan_on_this_machine
from workbench.runs.local import ProcessBackend, SerialBackend
from workbench.runs.sizing import choose_local_shard_size, max_rows_in_memory
from workbench.runs.sweep import Sweep
from workbench.space import ShardPlan

if TYPE_CHECKING:
    from workbench.contract import SweepDocument
    from workbench.experiments.declare import Experiment
    from workbench.runs.backend import Backend

__all__ = ["is_final", "labelled", "plan_shards", "sweep_of"]


def labelled(backend: Backend | Mapping[str, Backend] | None) -> dict[str, Backend]:
    """Give each back end a label: its own, or that of its class without the word that all of them share."""
    if backend is None:
        return {}
    if isinstance(backend, Mapping):
        return dict(backend)
    return {type(backend).__name__.removesuffix("Backend").lower(): backend}


def sweep_of(document: SweepDocument, experiment: Experiment[..., Any]) -> Sweep:
    """Return the sweep of a conformed document of an experiment."""
    return Sweep(
        experiment,
        document.space,
        replicates=document.replicates,
        seed=document.seed,
        seeding=document.seeding,
        fixed=document.fixed,
    )


def plan_shards(sweep: Sweep, backend: Backend | None) -> ShardPlan:
    """Plan the shards of a sweep from its size alone; nothing is asked of the back end, and no row is tried.

    Parameters
    ----------
    sweep : Sweep
        What would be submitted.
    backend : Backend, optional
        To whom; a stack of the cloud by default.

    Returns
    -------
    ShardPlan

    Raises
    ------
    SweepError
        If the sweep is larger than the back end takes.
    """
    if isinstance(backend, SerialBackend | ProcessBackend):
        most = max_rows_in_memory(sweep.experiment.spec)
        workers = backend.deployment.concurrency
        size = choose_local_shard_size(sweep.n_rows, None, workers=workers, max_rows=most)
        planned = plan_on_this_machine(sweep.request(shard_size=size), sweep.experiment)
        return ShardPlan(n_rows=planned.n_rows, shard_size=planned.shard_size)
    size = choose_shard_size(sweep.n_rows, None, Caps())
    if faults := cap_faults(sweep.document, size, Caps()):
        raise SweepError(faults, over_cap=True)
    return ShardPlan(n_rows=sweep.n_rows, shard_size=size)


def is_final(backend: Backend | None) -> bool:
    """Whether the plan is what a submission makes of it; others try a few rows first, and may cut otherwise."""
    return isinstance(backend, SerialBackend)
