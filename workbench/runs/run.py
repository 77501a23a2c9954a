"""A run as its owner sees it: its state while it runs, its answers afterwards."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from workbench.analysis.sql import coverage_query, failures_query
from workbench.analysis.summary import aggregate
from workbench.contract import Manifest, decode
from workbench.contract.keys import manifest_key, outcomes_prefix
from workbench.errors import RunError, RunTimeoutError
from workbench.runs.plots import Plots
from workbench.runs.progress import show_progress
from workbench.runs.status import RunStatus, run_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from workbench.analysis.engine import QueryEngine
    from workbench.storage import Store

__all__ = ["Run", "read_manifest"]

_POLL_SECONDS = 0.5


class Run:
    """One execution of a sweep.

    Parameters
    ----------
    manifest : Manifest
        What was planned.
    store : Store
        Where the outcomes land.
    engine : QueryEngine
        Where they are queried.
    check : callable
        Raises where whatever evaluates the run has failed for good.
    """

    def __init__(
        self, manifest: Manifest, store: Store, engine: QueryEngine, *, check: Callable[[], None] = lambda: None
    ) -> None:
        self.manifest = manifest
        self.plot = Plots(self)
        self._store = store
        self._engine = engine
        self._check = check

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.manifest.run_id

    def status(self) -> RunStatus:
        """Count the outcomes that have landed; keys are listed, nothing is read."""
        prefix = outcomes_prefix(self.manifest.spec.name, self.run_id)
        return run_status(self.manifest, self._store.keys(prefix))

    def wait(self, *, timeout: float | None = None, progress: bool = True) -> RunStatus:
        """Wait until every shard has reported.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; without end by default.
        progress : bool
            Whether to show a bar.

        Returns
        -------
        RunStatus
            The last one.

        Raises
        ------
        RunTimeoutError
            If shards are still missing after `timeout`; the run goes on.
        RunError
            If whatever evaluates the run has failed for good.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        shown = show_progress(self.run_id, self.manifest.n_shards) if progress else nullcontext(lambda _: None)
        with shown as show:
            while True:
                status = self.status()
                show(status)
                if not status.missing:
                    return status
                self._check()
                if deadline is not None and time.monotonic() >= deadline:
                    raise RunTimeoutError(f"{self.run_id} is not finished after {timeout:g} s ({status}); wait again")
                time.sleep(_POLL_SECONDS)

    def aggregate(
        self, *, by: Sequence[str], metrics: Sequence[str], where: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Summarise metrics over groups of rows; the query engine does it, only the summary travels.

        Parameters
        ----------
        by : sequence of str
            Parameters (or ``replicate``) whose combinations are the groups.
        metrics : sequence of str
            Metrics to summarise.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.

        Returns
        -------
        pandas.DataFrame
            One line per group and metric: `by`, metric, count, mean, std, sem, ci_low, ci_high (95 %, Student t).

        Raises
        ------
        QueryError
            If a name is unknown, or the engine refuses.
        """
        return aggregate(self._engine, self.manifest.spec, self.run_id, by=by, metrics=metrics, where=where)

    def coverage(self) -> pd.DataFrame:
        """Count rows, good rows, failed rows and shards by a query over the outcomes; one line."""
        return self._engine.query(coverage_query(self.manifest.spec, self.run_id))

    def failures(self) -> pd.DataFrame:
        """Count failed rows by error code, each with an example; no line where every row is good."""
        return self._engine.query(failures_query(self.manifest.spec, self.run_id))

    def __repr__(self) -> str:
        return f"Run({self.run_id}: {self.manifest.n_rows:,} rows in {self.manifest.n_shards:,} shards)"


def read_manifest(store: Store, run_id: str) -> Manifest:
    """Read the manifest of a run.

    Parameters
    ----------
    store : Store
        Where it lies.
    run_id : str
        Which run.

    Returns
    -------
    Manifest

    Raises
    ------
    RunError
        If there is no such run.
    """
    data = store.get(manifest_key(run_id))
    if data is None:
        raise RunError(f"there is no run {run_id!r} in {store}; `run_ids()` lists those there are")
    return decode(data, Manifest, source=manifest_key(run_id))
