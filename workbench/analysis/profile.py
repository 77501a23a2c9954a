"""Asks who worked on a run, when, and for how long: what a timeline of its workers shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.analysis.sql import Query, counting_rows

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.engine import QueryEngine
    from workbench.contract import ExperimentSpec

__all__ = ["passes", "passes_query"]

# What tells the passes apart: all the rows that a worker evaluates of a shard in one go share them.
_PASS: Final = ("worker", "shard_id", "started_at", "status")


def passes_query(spec: ExperimentSpec, run_id: str) -> Query:
    """Ask for the passes over the shards of a run, as far as their rows count.

    A shard has several passes where it was resumed, retried, or went on after a time limit.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.

    Returns
    -------
    Query
        One row per pass, by its start: ``worker``, ``shard_id``, ``started_at`` (UTC), ``status`` (of the shard:
        ``success`` or ``failure``), ``seconds`` (spent on the rows), ``rows``, ``failed``.
    """
    keys = ", ".join(f'"{name}"' for name in _PASS)
    lines = (
        f'SELECT {keys}, sum("duration_ms") / 1000 AS "seconds", count(*) AS "rows", count("error_code") AS "failed"',
        f"FROM {counting_rows(spec)}",
        f"GROUP BY {keys}",
        'ORDER BY "started_at", "shard_id"',
    )
    return Query("\n".join(lines), (run_id,) * 3)


def passes(engine: QueryEngine, spec: ExperimentSpec, run_id: str) -> pd.DataFrame:
    """Take the passes over the shards of a run; parameters and columns as of `passes_query`.

    Raises
    ------
    QueryError
        If the engine cannot answer.
    """
    # Engines may change the case of names, never the order of columns.
    return engine.query(passes_query(spec, run_id)).set_axis([*_PASS, "seconds", "rows", "failed"], axis="columns")
