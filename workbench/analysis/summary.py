"""Turns the answer to an aggregate query into a tidy frame: one row per metric and group, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from workbench.analysis.sql import STATISTICS, aggregate_query, statistic_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.analysis.engine import QueryEngine
    from workbench.contract import ExperimentSpec

__all__ = ["CONFIDENCE", "aggregate", "tidy"]

CONFIDENCE: Final = 0.95


def aggregate(
    engine: QueryEngine,
    spec: ExperimentSpec,
    run_id: str,
    *,
    by: Sequence[str],
    metrics: Sequence[str],
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Ask an engine for the statistics of metrics.

    Parameters
    ----------
    engine : QueryEngine
        Runs the query.
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.
    by : sequence of str
        Parameters to group by, or ``replicate``; empty for the whole run.
    metrics : sequence of str
        Metrics of type float, int or bool.
    where : mapping of str to a value or several, optional
        The values that parameters must have.

    Returns
    -------
    DataFrame
        As `tidy` describes.

    Raises
    ------
    QueryError
        If the question does not fit the experiment, or the engine cannot answer.
    """
    query = aggregate_query(spec, run_id, by=by, metrics=metrics, where=where)
    return tidy(engine.query(query), by=by, metrics=metrics)


def tidy(wide: pd.DataFrame, *, by: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Reshape the answer to an aggregate query.

    The interval is Student's t around the mean: ``mean ± t(0.975, count - 1) · std / √count``.

    Parameters
    ----------
    wide : DataFrame
        The answer to `workbench.analysis.sql.aggregate_query`.
    by, metrics : sequence of str
        What was asked.

    Returns
    -------
    DataFrame
        Columns `by`, ``metric``, ``count``, ``mean``, ``std`` (of the sample), ``sem``, ``ci_low``, ``ci_high`` (95 %),
        in the order of `metrics`, then of `by`. ``std`` and what follows are NaN where ``count`` is below 2.
    """
    # Engines may change the case of names, never the order of columns.
    names = [*by, *(statistic_column(metric, statistic) for metric in metrics for statistic in STATISTICS)]
    wide = wide.set_axis(names, axis="columns")
    if by:
        wide = wide.sort_values(list(by), ignore_index=True)
    return pd.concat([_one_metric(wide, by, metric) for metric in metrics], ignore_index=True)


def _one_metric(wide: pd.DataFrame, by: Sequence[str], metric: str) -> pd.DataFrame:
    count, mean, std = (wide[statistic_column(metric, name)].to_numpy() for name in ("count", "mean", "std"))
    enough = count > 1
    std = np.where(enough, std, np.nan).astype(float)
    sem = std / np.sqrt(np.where(enough, count, 1))
    half = stdtrit(np.where(enough, count - 1, 1), (1 + CONFIDENCE) / 2) * sem
    return wide[list(by)].assign(
        metric=metric, count=count, mean=mean, std=std, sem=sem, ci_low=mean - half, ci_high=mean + half
    )
