"""Exact quantiles in SQL that Trino and DuckDB both run as written.

Neither has a function for them that the other has too. Windows number the values of a group; the quantile is what lies
between two of them, interpolated as ``numpy.quantile`` does by default, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["position_columns", "quantile"]


def position_columns(metric: str, keys: Sequence[str], quantiles: Iterable[str]) -> list[str]:
    """Say where each value stands in its group, and where the quantiles do.

    Parameters
    ----------
    metric : str
        The metric; NULLs have no place.
    keys : sequence of str
        The quoted columns to group by.
    quantiles : iterable of str
        Their names.

    Returns
    -------
    list of str
        Columns for a SELECT over single rows, with one ``?`` for the fraction of each quantile.
    """
    group = f"PARTITION BY {', '.join(keys)} " if keys else ""
    value = f'"{metric}"'
    rank = f'row_number() OVER ({group}ORDER BY {value} NULLS LAST) - 1 AS "{metric}.rank"'
    last = f"count({value}) OVER ({group.strip()}) - 1"
    return [rank, *(f'({last}) * ? AS "{metric}.at.{name}"' for name in quantiles)]


def quantile(metric: str, name: str) -> str:
    """Write one quantile of a group.

    Parameters
    ----------
    metric : str
        The metric.
    name : str
        Of the quantile, as `position_columns` was given it.

    Returns
    -------
    str
        An aggregate over the columns of `position_columns`; NULL where the group has no value.
    """
    value, rank, at = f'"{metric}"', f'"{metric}.rank"', f'"{metric}.at.{name}"'
    low = f"max(CASE WHEN {rank} = floor({at}) THEN {value} END)"
    high = f"max(CASE WHEN {rank} = ceiling({at}) THEN {value} END)"
    beyond = f"max({at} - floor({at}))"
    return (
        f"CASE WHEN {beyond} < 0.5 THEN {low} + ({high} - {low}) * {beyond} "
        f"ELSE {high} - ({high} - {low}) * (1 - {beyond}) END"
    )
