"""The questions that every run gets asked, as text to be kept beside the tables: Athena's named queries.

They are made of the SQL builder's own text, from the catalog alone: the template's program imports this module, and
must need neither numpy nor pandas for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from workbench.analysis.sql import aggregate_query, counting_rows, coverage_query, failures_query, statistic_column

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

__all__ = ["BaselineQuery", "Placeholder", "baseline_queries"]

Placeholder: TypeAlias = Literal["run_id", "first_run_id", "second_run_id", "memory_mb", "price"]

_MEANINGS: Final[dict[Placeholder, str]] = {
    "run_id": "the run's id",
    "first_run_id": "the id of the first run",
    "second_run_id": "the id of the second run",
    "memory_mb": "the memory of a child in MB",
    "price": "the price of a GB-second",
}
# The builder wants a run; only the text is kept.
_NOBODY: Final = ""
_MB_PER_GB: Final = 1024  # as Lambda bills


@dataclass(frozen=True, kw_only=True)
class BaselineQuery:
    """A question about one experiment's runs.

    Parameters
    ----------
    name : str
        Unique among the experiment's.
    description : str
        What it answers, and what each ``?`` means.
    sql : str
        Text that Athena and DuckDB both run as written.
    placeholders : tuple of str
        What each ``?`` stands for, in order.
    """

    name: str
    description: str
    sql: str
    placeholders: tuple[Placeholder, ...]


def baseline_queries(spec: ExperimentSpec) -> tuple[BaselineQuery, ...]:
    """Write the questions that every run of an experiment gets asked.

    Parameters
    ----------
    spec : ExperimentSpec
        From the catalog.

    Returns
    -------
    tuple of BaselineQuery
        Coverage, failures by code, run profile, metric by parameter, compare two runs, in this order; the last two only
        where a metric has a mean.
    """
    metrics = [metric.name for metric in spec.metrics if metric.type != "str"]
    always = (_coverage(spec), _failures(spec), _profile(spec))
    return (*always, _by_parameter(spec, metrics), _comparison(spec, metrics)) if metrics else always


def _coverage(spec: ExperimentSpec) -> BaselineQuery:
    query = coverage_query(spec, _NOBODY)
    about = "How much of a run is there: rows, how many are good, how many failed, and the shards they are of."
    return _described("coverage", about, query.sql, _each("run_id", len(query.parameters)))


def _failures(spec: ExperimentSpec) -> BaselineQuery:
    query = failures_query(spec, _NOBODY)
    about = "What went wrong in a run, the most frequent error first, with the first row of each as an example."
    return _described("failures by code", about, query.sql, _each("run_id", len(query.parameters)))


def _profile(spec: ExperimentSpec) -> BaselineQuery:
    measured = (
        'count(*) AS "rows"',
        'count(DISTINCT "shard_id") AS "shards"',
        'count(DISTINCT "worker") AS "workers"',
        'min("started_at") AS "first_start"',
        'max("started_at") AS "last_start"',
        'sum("duration_ms") / 1000 AS "seconds_of_work"',
    )
    relation = counting_rows(spec)
    sql = "\n".join(
        (
            'SELECT "rows", "shards", "workers", "first_start", "last_start", "seconds_of_work",',
            '"rows" / NULLIF("seconds_of_work", 0) AS "rows_per_second_of_work",',
            f'"seconds_of_work" * "memory_mb" / {_MB_PER_GB} AS "gb_seconds",',
            f'"seconds_of_work" * "memory_mb" / {_MB_PER_GB} * "price" AS "cost_of_work"',
            f"FROM (SELECT {', '.join(measured)}",
            f'FROM {relation}) AS "measured"',
            'CROSS JOIN (SELECT CAST(? AS double) AS "memory_mb", CAST(? AS double) AS "price") AS "given"',
        )
    )
    about = "What a run took: its rows, who worked on them and when, and what that costs at a price of yours."
    of_run = _each("run_id", relation.count("?"))
    return _described("run profile", about, sql, (*of_run, "memory_mb", "price"))


def _by_parameter(spec: ExperimentSpec, metrics: list[str]) -> BaselineQuery:
    query = aggregate_query(spec, _NOBODY, by=_points(spec), metrics=metrics, stats=["count", "mean", "std"])
    about = (
        "Count, mean and deviation of every numeric metric over the replicates of each point; "
        "leave parameters out of SELECT, GROUP BY and ORDER BY for larger groups."
    )
    return _described("metric by parameter", about, query.sql, _each("run_id", len(query.parameters)))


def _comparison(spec: ExperimentSpec, metrics: list[str]) -> BaselineQuery:
    means = aggregate_query(spec, _NOBODY, by=_points(spec), metrics=metrics, stats=["mean"])
    keys = ", ".join(f'"{name}"' for name in _points(spec))
    compared = [text for metric in metrics for text in _compared(metric)]
    # Without parameters there is one point, and nothing to join by.
    join = f'FULL JOIN ({means.sql}) AS "second" USING ({keys})' if keys else f'CROSS JOIN ({means.sql}) AS "second"'
    lines = [
        f"SELECT {', '.join([*([keys] if keys else []), *compared])}",
        f'FROM ({means.sql}) AS "first"',
        join,
        *([f"ORDER BY {keys}"] if keys else []),
    ]
    about = (
        "The mean of every numeric metric at each point in two runs, and the second less the first; "
        "a point that only one run has is there too."
    )
    of_one = len(means.parameters)
    placeholders = (*_each("first_run_id", of_one), *_each("second_run_id", of_one))
    return _described("compare two runs", about, "\n".join(lines), placeholders)


def _compared(metric: str) -> tuple[str, ...]:
    first, second = (f'"{side}"."{statistic_column(metric, "mean")}"' for side in ("first", "second"))
    columns = {"first": first, "second": second, "difference": f"{second} - {first}"}
    return tuple(f'{value} AS "{statistic_column(metric, name)}"' for name, value in columns.items())


def _points(spec: ExperimentSpec) -> list[str]:
    return [parameter.name for parameter in spec.parameters]


def _each(meaning: Placeholder, times: int) -> tuple[Placeholder, ...]:
    return (meaning,) * times


def _described(name: str, about: str, sql: str, placeholders: tuple[Placeholder, ...]) -> BaselineQuery:
    counted = ((meaning, len(list(repeats))) for meaning, repeats in groupby(placeholders))
    values = ", then ".join(
        f"{times} times {_MEANINGS[meaning]}" if times > 1 else _MEANINGS[meaning] for meaning, times in counted
    )
    description = f"{about} For the question marks give, in this order: {values}. Texts stand in single quotes."
    return BaselineQuery(name=name, description=description, sql=sql, placeholders=placeholders)
