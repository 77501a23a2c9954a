"""Asks several runs the same question and puts their answers under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

__all__ = ["Aggregated", "compare"]


class Aggregated(Protocol):
    """A run, as far as it is compared."""

    @property
    def run_id(self) -> str:
        """Name of the run."""
        ...

    def aggregate(
        self,
        *,
        by: Sequence[str],
        metrics: Sequence[str] | None = None,
        stats: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
    ) -> pd.DataFrame:
        """Summarise metrics over groups of rows."""
        ...


def compare(
    runs: Iterable[Aggregated],
    *,
    by: Sequence[str],
    metrics: Sequence[str] | None = None,
    stats: Sequence[str] | None = None,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Summarise metrics of several runs, which may be of different back ends and experiments.

    Parameters
    ----------
    runs : iterable of Run
        The runs; each once.
    by, metrics, stats, where
        As `Run.aggregate` takes them; every run must know the names.

    Returns
    -------
    pandas.DataFrame
        Column ``run``, the run's name, then those of `Run.aggregate`; in the order of `runs`.

    Raises
    ------
    QueryError
        If there is no run, one is given twice, a name is unknown to a run, or an engine refuses.

    Examples
    --------
    The difference to the first of two runs, as a table over a parameter::

        means = workbench.compare([before, after], by=["servers"], metrics=["mean_wait"]).pivot(
            index="servers", columns="run", values="mean"
        )
        means[after.run_id] - means[before.run_id]
    """
    import pandas as pd  # noqa: PLC0415 -- for those who ask

    runs = list(runs)
    names = [run.run_id for run in runs]
    if not runs:
        raise QueryError("runs: give at least one run")
    if len(set(names)) < len(names):
        raise QueryError(f"runs: give each run once, not {', '.join(names)}")
    if "run" in by:
        raise QueryError("by: the answer would have two columns 'run', for that is a parameter's name too")
    frames = []
    for run in runs:
        frame = run.aggregate(by=by, metrics=metrics, stats=stats, where=where)
        frame.insert(0, "run", run.run_id)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
