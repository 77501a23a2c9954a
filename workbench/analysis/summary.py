"""Turns the answer to an aggregate query into a tidy frame: one row per metric and group, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis.checks import check_metrics
from workbench.analysis.sql import aggregate_query, statistic_column
from workbench.analysis.statistics import DEFAULT_STATS, check_stats, columns_of, measures_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from workbench.analysis.engine import QueryEngine
    from workbench.contract import ExperimentSpec

__all__ = ["CONFIDENCE", "aggregate", "tidy"]

CONFIDENCE: Final = 0.95


def aggregate(
    engine: QueryEngine,
    spec: ExperimentSpec,
    run_id: str | Sequence[str],
    *,
    by: Sequence[str],
    metrics: Sequence[str] | None = None,
    stats: Sequence[str] | None = None,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Ask an engine for the statistics of metrics.

    Parameters
    ----------
    engine : QueryEngine
        Runs the query.
    spec : ExperimentSpec
        The run's experiment.
    run_id : str or sequence of str
        The run; or several of the experiment, whose rows are one.
    by : sequence of str
        Parameters to group by, or ``replicate``; empty for the whole run.
    metrics : sequence of str, optional
        Metrics of type float, int or bool; by default all such.
    stats : sequence of str, optional
        Names of `workbench.analysis.statistics.STATISTICS`, and quantiles such as ``p5`` or ``p97.5``, which are exact;
        by default count, mean, std, sem and ci.
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
    metrics, stats = check_metrics(spec, metrics), check_stats(stats, beside=by)
    query = aggregate_query(spec, run_id, by=by, metrics=metrics, stats=stats, where=where)
    return tidy(engine.query(query), by=by, metrics=metrics, stats=stats)


def tidy(
    wide: pd.DataFrame, *, by: Sequence[str], metrics: Sequence[str], stats: Sequence[str] = DEFAULT_STATS
) -> pd.DataFrame:
    """Reshape the answer to an aggregate query.

    The interval is Student's t around the mean: ``mean ± t(0.975, count - 1) · std / √count``.

    Parameters
    ----------
    wide : DataFrame
        The answer to `workbench.analysis.sql.aggregate_query`.
    by, metrics, stats : sequence of str
        What was asked.

    Returns
    -------
    DataFrame
        Columns `by`, ``metric``, then `stats`, where ``ci`` is ``ci_low`` and ``ci_high`` (95 %) and ``std`` that of
        the sample; in the order of `metrics`, then of `by`. ``std``, ``sem`` and ``ci`` are NaN where there are less
        than two values, the others but ``count`` where there is none.
    """
    measures = measures_of(stats)
    # Engines may change the case of names, never the order of columns.
    names = [*by, *(statistic_column(metric, measure) for metric in metrics for measure in measures)]
    wide = wide.set_axis(names, axis="columns")
    if by:
        wide = wide.sort_values(list(by), ignore_index=True)
    return pd.concat([_one_metric(wide, by, metric, stats) for metric in metrics], ignore_index=True)


def _one_metric(wide: pd.DataFrame, by: Sequence[str], metric: str, stats: Sequence[str]) -> pd.DataFrame:
    measured = {name: wide[statistic_column(metric, name)].to_numpy() for name in measures_of(stats)}
    values = [column for name in stats for column in _values(name, measured)]
    return wide[list(by)].assign(metric=metric, **dict(zip(columns_of(stats), values, strict=True)))


def _values(name: str, measured: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    match name:
        case "sem":
            return (_standard_error(measured),)
        case "ci":
            from scipy.special import stdtrit  # noqa: PLC0415 -- takes as long to load as many a query takes

            freedom = np.maximum(measured["count"] - 1, 1)
            half = stdtrit(freedom, (1 + CONFIDENCE) / 2) * _standard_error(measured)
            return measured["mean"] - half, measured["mean"] + half
        case "median":
            return (measured["p50"],)
    return (measured[name],)


def _standard_error(measured: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    error: NDArray[Any] = measured["std"] / np.sqrt(np.maximum(measured["count"], 1))
    return error
