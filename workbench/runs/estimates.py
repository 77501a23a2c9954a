"""Estimates before paying: a pilot here, the shards as they would be cut, and what that comes to where it would run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from workbench.analysis.estimate import QUERIES, Plan, estimate_run
from workbench.analysis.prices import dollars
from workbench.analysis.usage import Deployment
from workbench.contract import Caps
from workbench.contract.plan import choose_shard_size
from workbench.errors import BudgetError, Fault, SweepError
from workbench.runs.folder import plan_on_this_machine
from workbench.runs.pilot import Effort, Pilot, try_rows
from workbench.runs.sizing import choose_local_shard_size, max_rows_in_memory
from workbench.runs.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.analysis.estimate import Estimate
    from workbench.analysis.prices import Prices
    from workbench.contract import Manifest, RunRequest
    from workbench.experiments import Experiment
    from workbench.runs.backend import Backend

__all__ = ["check_budget", "estimate_request", "estimate_sweep", "run_pilot"]

# Somebody asks and waits for the answer: longer than for the size of shards, for what is seldom dear counts here, and
# so do the first rows, which are slower than the many that follow.
_EFFORT: Final = Effort(begin_seconds=2.0, row_seconds=20.0, all_seconds=25.0, rows=10_000, share=1)


def estimate_sweep(
    request: RunRequest,
    experiment: Experiment[..., Any],
    backend: Backend | Deployment | None = None,
    *,
    row_seconds: float | Sequence[float] | None = None,
    prices: Prices | None = None,
    speed: float = 1.0,
    queries: int = QUERIES,
) -> Estimate:
    """Estimate what a request comes to, by a pilot unless it is known what rows take; see `Sweep.estimate`."""
    if not 0 < speed < math.inf:
        raise SweepError([Fault("speed", f"is {speed:g}; more than 0: how fast a child is, where this machine is 1")])
    planned = plan_on_this_machine(request, experiment)
    pilot = run_pilot(planned, experiment) if row_seconds is None else _given(row_seconds)
    deployment = backend if isinstance(backend, Deployment) else backend.deployment if backend else Deployment()
    return estimate_request(request, planned, pilot, deployment, prices=prices, speed=speed, queries=queries)


def run_pilot(planned: Manifest, experiment: Experiment[..., Any]) -> Pilot:
    """Evaluate rows of a run here, for seconds rather than for a moment.

    Parameters
    ----------
    planned : Manifest
        Of the run, whatever its shards.
    experiment : Experiment
        What is evaluated.

    Returns
    -------
    Pilot

    Raises
    ------
    BudgetError
        If no row came to an end.
    """
    with one_thread():
        pilot = try_rows(planned, experiment, _EFFORT)
    if not pilot.seconds:
        raise BudgetError(
            f"what a row of {experiment.spec.name} takes is not known: none that was tried here came to an end. "
            "Say it yourself: sweep.estimate(row_seconds=...)"
        )
    return pilot


def estimate_request(
    request: RunRequest,
    planned: Manifest,
    pilot: Pilot,
    deployment: Deployment,
    *,
    prices: Prices | None = None,
    speed: float = 1.0,
    queries: int = QUERIES,
) -> Estimate:
    """Estimate what a request comes to, where it is known what rows take.

    Parameters
    ----------
    request : RunRequest
        As it is submitted; it may leave the size of shards open.
    planned : Manifest
        What it becomes.
    pilot : Pilot
        What its rows take on this machine.
    deployment : Deployment
        Where they are evaluated.
    prices, speed, queries
        As of `Sweep.estimate`.

    Returns
    -------
    Estimate
    """
    factor = speed * deployment.processor_share if deployment.billed else 1.0
    size = request.shard_size or _chosen_size(planned, pilot, deployment)
    plan = Plan(
        spec=planned.spec,
        rows=planned.n_rows,
        shard_size=min(size, planned.n_rows),
        row_seconds=[seconds / factor for seconds in pilot.seconds],
        first_seconds=pilot.first_seconds / factor,
        cut_off=pilot.cut_off,
    )
    return estimate_run(plan, deployment, prices=prices, queries=queries)


def check_budget(estimate: Estimate, budget: float) -> None:
    """Refuse what is over its budget.

    Parameters
    ----------
    estimate : Estimate
        Of the run.
    budget : float
        US dollars.

    Raises
    ------
    BudgetError
        If the run is estimated to cost more, or if rows take longer than could be tried, so that nobody knows.
    """
    if not estimate.dollars <= budget:
        raise BudgetError(
            f"the run is estimated at {dollars(estimate.dollars)}, over its budget of {dollars(budget)}: give it fewer "
            f"points or replicates, a cheaper experiment, or a larger budget; nothing was submitted\n{estimate}"
        )
    if estimate.cut_off:
        raise BudgetError(
            f"whether the run keeps to its budget of {dollars(budget)} is not known: {estimate.cut_off:,} of "
            f"{estimate.tried:,} rows tried here took longer than {_EFFORT.row_seconds:g} s and were ended. Say what "
            "a row takes, sweep.estimate(row_seconds=...), and submit without a budget, or with a row_timeout; "
            "nothing was submitted"
        )


def _given(row_seconds: float | Sequence[float]) -> Pilot:
    seconds = (row_seconds,) if isinstance(row_seconds, int | float) else tuple(row_seconds)
    if not seconds or not all(0 <= value < math.inf for value in seconds):
        raise SweepError(
            [Fault("row_seconds", f"is {row_seconds!r:.100}; give one time of 0 seconds or more, or several")]
        )
    return Pilot(seconds=seconds)


def _chosen_size(planned: Manifest, pilot: Pilot, deployment: Deployment) -> int:
    """Choose the rows per shard as whoever evaluates them would."""
    if deployment.billed:
        return choose_shard_size(planned.n_rows, pilot.mean, Caps())
    most = max_rows_in_memory(planned.spec)
    return choose_local_shard_size(planned.n_rows, pilot.mean, workers=deployment.concurrency, max_rows=most)
