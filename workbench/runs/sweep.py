"""A sweep as a person writes it: an experiment, a space, and how often from which seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.contract import RunRequest, SweepDocument, conform, sweep_faults
from workbench.errors import CodeMismatchError, Fault, SweepError
from workbench.experiments import registry
from workbench.experiments.declare import Experiment
from workbench.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.analysis.estimate import Estimate
    from workbench.analysis.prices import Prices
    from workbench.analysis.usage import Deployment
    from workbench.contract import Manifest, Seeding
    from workbench.runs.backend import Backend
    from workbench.space import Value

__all__ = ["Sweep", "experiment_of", "sweep_of"]


class Sweep:
    """What to evaluate: pure data, checked against the experiment when it is made.

    Parameters
    ----------
    experiment : Experiment or str
        The experiment, or its name.
    space : Space
        The points.
    replicates : int
        Repetitions of every point.
    seed : int
        Seed of the run, from 0 to 2**64 - 1.
    seeding : {'independent', 'common'}
        ``common`` gives every point the same random numbers, for comparisons with less variance.
    fixed : mapping, optional
        Values of parameters that the space does not assign; the others take their defaults.
    first_replicate : int
        Number of the first repetition: with 20 replicates from 20 on, a sweep holds the rows that another one of 20
        would have had with 40.

    Raises
    ------
    SweepError
        If the experiment refuses the sweep; every fault with its path.
    ExperimentError
        If there is no experiment of that name.

    Examples
    --------
    >>> import workbench as wb
    >>> sweep = Sweep("mmc_queue", wb.product(arrival_rate=[0.5, 0.9]), replicates=10)
    >>> sweep.n_points, sweep.n_rows
    (2, 20)
    """

    def __init__(
        self,
        experiment: Experiment[..., Any] | str,
        space: Space,
        *,
        replicates: int = 1,
        seed: int = 0,
        seeding: Seeding = "independent",
        fixed: Mapping[str, Value] | None = None,
        first_replicate: int = 0,
    ) -> None:
        self.experiment = experiment if isinstance(experiment, Experiment) else registry.find(experiment)
        spec = self.experiment.spec
        if not isinstance(space, Space):
            raise SweepError(
                [Fault("space", f"is {type(space).__name__}; build one, such as wb.product(name=[1, 2, 3])")]
            )
        document = SweepDocument(
            experiment=spec.name,
            fingerprint=spec.fingerprint,
            space=space,
            fixed=dict(fixed or {}),
            replicates=replicates,
            seed=seed,
            seeding=seeding,
            first_replicate=first_replicate,
        )
        if faults := sweep_faults(document, spec):
            raise SweepError(faults)
        self.document = conform(document, spec)

    @property
    def n_points(self) -> int:
        """Points of the space."""
        return self.document.n_points

    @property
    def n_rows(self) -> int:
        """Rows: points times replicates."""
        return self.document.n_rows

    def request(
        self,
        *,
        shard_size: int | None = None,
        shard_count: int | None = None,
        nonce: str = "",
        run_id: str | None = None,
        row_timeout: float | None = None,
        row_seconds: float | None = None,
    ) -> RunRequest:
        """Return the body that submits this sweep.

        Parameters
        ----------
        shard_size, shard_count, run_id, row_timeout
            As of `Backend.submit`.
        nonce : str
            As of `RunRequest`.
        row_seconds : float, optional
            As of `RunRequest`.

        Returns
        -------
        RunRequest

        Raises
        ------
        SweepError
            If both `shard_size` and `shard_count` are given, or if there can be no such number of shards.
        """
        if shard_count is not None:
            if shard_size is not None:
                raise SweepError([Fault("shard_count", "is given together with shard_size: give one of them, or none")])
            if shard_count < 1:
                raise SweepError([Fault("shard_count", f"is {shard_count}; at least 1")])
            shard_size = -(-self.n_rows // shard_count)
        return RunRequest(
            sweep=self.document,
            shard_size=shard_size,
            nonce=nonce,
            run_id=run_id,
            row_timeout_s=row_timeout,
            row_seconds=row_seconds,
        )

    def estimate(
        self,
        backend: Backend | Deployment | None = None,
        *,
        shard_size: int | None = None,
        shard_count: int | None = None,
        row_seconds: float | Sequence[float] | None = None,
        row_timeout: float | None = None,
        prices: Prices | None = None,
        speed: float = 1.0,
        queries: int = 10,
    ) -> Estimate:
        """Estimate what a run of this sweep takes and costs, before anything is submitted.

        A fair sample of its rows is evaluated here, for 2 seconds or the time of one row, and nothing of that is kept.

        Parameters
        ----------
        backend : Backend or Deployment, optional
            Where it would run; a stack as the template makes it by default. The stack in the laptop costs what the same
            stack on AWS does, the back ends of this machine cost nothing.
        shard_size, shard_count, row_timeout
            As of `Backend.submit`.
        row_seconds : float or sequence of float, optional
            What rows take on this machine, instead of a sample.
        prices : Prices, optional
            Those of the table by default.
        speed : float
            How fast a whole processor of a child is, where this machine's is 1.
        queries : int
            Queries over all outcomes that are asked afterwards.

        Returns
        -------
        Estimate
            Rows, shards, wall time (median and 95th percentile), gigabyte-seconds, requests, and dollars by part.

        Raises
        ------
        BudgetError
            If no row that was tried came to an end.
        SweepError
            If an option is refused.
        """
        # Whoever only submits here needs neither the simulation nor the price table.
        from workbench.runs.estimates import estimate_sweep  # noqa: PLC0415

        return estimate_sweep(
            self.request(shard_size=shard_size, shard_count=shard_count, row_timeout=row_timeout),
            self.experiment,
            backend,
            row_seconds=row_seconds,
            prices=prices,
            speed=speed,
            queries=queries,
        )

    def __repr__(self) -> str:
        document = self.document
        axes = ", ".join(document.space.names)
        begin = f" from {first:,} on" if (first := document.replicates_before) else ""
        return (
            f"Sweep({document.experiment} over {axes}: {self.n_points:,} points x {document.replicates:,} replicates"
            f"{begin} = {self.n_rows:,} rows, seed {document.seed}, {document.seeding})"
        )


def sweep_of(document: SweepDocument, experiment: Experiment[..., Any]) -> Sweep:
    """Make the sweep that a document describes; SweepError where the experiment refuses it."""
    return Sweep(
        experiment,
        document.space,
        replicates=document.replicates,
        seed=document.seed,
        seeding=document.seeding,
        fixed=document.fixed,
        first_replicate=document.replicates_before,
    )


def experiment_of(manifest: Manifest, experiment: Experiment[..., Any] | None) -> Experiment[..., Any]:
    """Find the experiment of a run.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    experiment : Experiment or None
        What is at hand; looked up by its name where it is missing.

    Returns
    -------
    Experiment

    Raises
    ------
    ExperimentError
        If it is not known here.
    CodeMismatchError
        If the code here is other code than the run's.
    """
    spec = manifest.spec
    found = experiment or registry.find(spec.name)
    if found.spec.fingerprint != spec.fingerprint:
        raise CodeMismatchError(
            f"{manifest.run_id} was planned for {spec.name} with fingerprint {spec.fingerprint[:12]}, the code here "
            f"has {found.spec.fingerprint[:12]}: check that code out, or submit the sweep again"
        )
    return found
