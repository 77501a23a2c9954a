"""The one SQL builder: from an experiment's declaration to text that Athena and DuckDB both run as written.

Only this module knows which rows of a run count: once a shard has a success, its failure outcome is history. Every
scan carries its own ``run_id = ?``, which Athena demands of an injected partition column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.analysis.checks import check_groups, check_metrics, conditions_of
from workbench.analysis.quantiles import position_columns, quantile
from workbench.analysis.statistics import check_stats, measures_of, quantile_fraction
from workbench.contract import table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.analysis.checks import SqlValue
    from workbench.contract import ExperimentSpec

__all__ = ["Query", "aggregate_query", "counting_rows", "coverage_query", "failures_query", "statistic_column"]

_FUNCTIONS: Final = {"count": "count", "mean": "avg", "std": "stddev_samp", "min": "min", "max": "max"}


@dataclass(frozen=True)
class Query:
    """A statement with its values apart.

    Parameters
    ----------
    sql : str
        The text, with a ``?`` for each value.
    parameters : tuple
        The values, in the order of the ``?``.
    """

    sql: str
    parameters: tuple[SqlValue, ...] = ()


def aggregate_query(
    spec: ExperimentSpec,
    run_id: str | Sequence[str],
    *,
    by: Sequence[str],
    metrics: Sequence[str] | None = None,
    stats: Sequence[str] | None = None,
    where: Mapping[str, object] | None = None,
) -> Query:
    """Ask for the statistics of metrics, one row per group.

    A group whose rows all failed is there too, with a count of 0. Values that are missing, NaN or infinite are left
    out of the statistics and of the count.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str or sequence of str
        The run; or several of the experiment, whose rows are one.
    by : sequence of str
        Parameters to group by, or ``replicate``; empty for the whole run.
    metrics : sequence of str, optional
        Metrics of type float, int or bool, by default all such; a bool counts as 0 or 1.
    stats : sequence of str, optional
        As `check_stats` takes them. A quantile makes the engine sort the values of every group.
    where : mapping of str to a value or several, optional
        The values that parameters must have.

    Returns
    -------
    Query
        Columns: `by`, then per metric those that `statistic_column` names of each of `measures_of` the statistics.

    Raises
    ------
    QueryError
        If a name is unknown or repeated, a metric is text, or a value does not fit its parameter.
    """
    check_groups(spec, by)
    metrics = check_metrics(spec, metrics)
    measures = measures_of(check_stats(stats, beside=by))
    conditions = conditions_of(spec, where or {})
    keys = [_quoted(name) for name in by]
    inputs = [*keys, *(f"{_number(metric)} AS {_quoted(metric)}" for metric in metrics)]
    where_text = _where(text for text, _ in conditions)
    run_ids = (run_id,) if isinstance(run_id, str) else tuple(run_id)
    values = f"SELECT {', '.join(inputs)}\nFROM {counting_rows(spec, n_runs=len(run_ids))}{where_text}"
    parameters: tuple[SqlValue, ...] = tuple(name for name in run_ids for _ in range(3))
    parameters += tuple(value for _, found in conditions for value in found)
    fractions = {name: fraction for name in measures if (fraction := quantile_fraction(name)) is not None}
    if fractions:
        positions = [column for metric in metrics for column in position_columns(metric, keys, fractions)]
        values = f"SELECT {', '.join([*keys, *map(_quoted, metrics), *positions])}\nFROM ({values})"
        parameters = (*fractions.values(),) * len(metrics) + parameters
    outputs = [*keys, *(_statistic(metric, measure) for metric in metrics for measure in measures)]
    lines = [f"SELECT {', '.join(outputs)}", f"FROM ({values})"]
    if keys:
        lines += [f"GROUP BY {', '.join(keys)}", f"ORDER BY {', '.join(keys)}"]
    return Query("\n".join(lines), parameters)


def coverage_query(spec: ExperimentSpec, run_id: str) -> Query:
    """Ask how much of a run is there.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.

    Returns
    -------
    Query
        One row: ``rows``, ``good``, ``failed``, ``shards``.
    """
    counts = (
        'count(*) AS "rows"',
        'count(*) - count("error_code") AS "good"',
        'count("error_code") AS "failed"',
        'count(DISTINCT "shard_id") AS "shards"',
    )
    return Query(f"SELECT {', '.join(counts)}\nFROM {counting_rows(spec)}", (run_id,) * 3)


def failures_query(spec: ExperimentSpec, run_id: str) -> Query:
    """Ask what went wrong.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.

    Returns
    -------
    Query
        One row per error code, the most frequent first: ``error_code``, ``count``, and of the first row that has it
        ``example_message``, ``example_row_index`` and its parameters, each as ``example.<name>``.
    """
    outputs = (
        '"error_code"',
        'count(*) AS "count"',
        'min_by("error_message", "row_index") AS "example_message"',
        'min("row_index") AS "example_row_index"',
        # The dot keeps them apart from the other columns, as of `statistic_column`.
        *(
            f'min_by({_quoted(item.name)}, "row_index") AS {_quoted(f"example.{item.name}")}'
            for item in spec.parameters
        ),
    )
    lines = (
        f"SELECT {', '.join(outputs)}",
        f'FROM {counting_rows(spec)} WHERE "error_code" IS NOT NULL',
        'GROUP BY "error_code"',
        'ORDER BY "count" DESC, "error_code"',
    )
    return Query("\n".join(lines), (run_id,) * 3)


def statistic_column(metric: str, statistic: str) -> str:
    """Name the column of one statistic; the dot keeps it apart from every parameter.

    Parameters
    ----------
    metric : str
        The metric.
    statistic : str
        One of `workbench.analysis.statistics.measures_of`.

    Returns
    -------
    str
        Such as ``mean_wait.std``.
    """
    return f"{metric}.{statistic}"


def counting_rows(spec: ExperimentSpec, *, n_runs: int = 1) -> str:
    """Write the relation of the rows that count.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    n_runs : int
        Whose rows they are.

    Returns
    -------
    str
        To stand behind a FROM; three ``?`` after each other all stand for one run.
    """
    table = _quoted(table_name(spec.name))
    of_run = f'FROM {table} WHERE "run_id" = ? AND "status" ='
    of_one = f"""
  SELECT * {of_run} 'success'
  UNION ALL
  SELECT * {of_run} 'failure' AND "shard_id" NOT IN (SELECT "shard_id" {of_run} 'success')
"""
    return f"({'  UNION ALL'.join([of_one] * n_runs)})"


def _number(metric: str) -> str:
    # DuckDB refuses the deviation of values that are not finite, and the engines order NaN differently.
    number = f"CAST({_quoted(metric)} AS double)"
    return f"CASE WHEN \"error_code\" IS NULL AND abs({number}) < CAST('Infinity' AS double) THEN {number} END"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _statistic(metric: str, measure: str) -> str:
    function = _FUNCTIONS.get(measure)
    text = f"{function}({_quoted(metric)})" if function else quantile(metric, measure)
    return f"{text} AS {_quoted(statistic_column(metric, measure))}"


def _where(conditions: Iterable[str]) -> str:
    text = " AND ".join(conditions)
    return f" WHERE {text}" if text else ""
