"""The port: whoever can run a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from workbench.analysis.usage import Deployment
    from workbench.runs.run import Run
    from workbench.runs.sweep import Sweep

__all__ = ["Backend"]


class Backend(Protocol):
    """Runs sweeps and finds runs again; serial, processes and the cloud are alike."""

    @property
    def deployment(self) -> Deployment:
        """Where it evaluates, as far as time and cost depend on it."""
        ...

    def submit(
        self,
        sweep: Sweep,
        *,
        shard_size: int | None = None,
        shard_count: int | None = None,
        fresh: bool = False,
        run_id: str | None = None,
        row_timeout: float | None = None,
        budget: float | None = None,
    ) -> Run:
        """Start the run of a sweep, or find the one that exists.

        Parameters
        ----------
        sweep : Sweep
            What to evaluate.
        shard_size : int, optional
            Rows per shard. Where neither this nor `shard_count` is given, it is chosen by what a few rows take that are
            evaluated here first, for a moment; no result depends on it.
        shard_count : int, optional
            Shards to cut the sweep into, at most; instead of `shard_size`.
        fresh : bool
            Whether to run it anew where it ran before.
        run_id : str, optional
            A name for the run, ``<experiment>-<letters, digits, dashes>``; made from the sweep by default.
        row_timeout : float, optional
            Seconds that one row may take; the row is then ended and fails with ``TIMEOUT``. A run that exists keeps
            the limit that it began with.
        budget : float, optional
            US dollars. What the run costs is estimated first, as `Sweep.estimate` does by default, and nothing is
            submitted if it is more. A run that exists, and whatever runs on this machine, costs nothing.

        Returns
        -------
        Run

        Raises
        ------
        SweepError
            If the sweep or an option is refused; every fault at once.
        BudgetError
            If the run is estimated to cost more than `budget`, or cannot be estimated.
        """
        ...

    def open(self, run_id: str) -> Run:
        """Find a run by its name, from any machine or session; UnknownRunError where there is none."""
        ...

    def run_ids(self) -> list[str]:
        """Names of all runs, sorted."""
        ...
