"""Takes what a chart draws out of a frame, and refuses by name what it cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["demand_columns", "rows_of_metric"]


def rows_of_metric(
    frame: pd.DataFrame, *, metric: str | None, axes: Sequence[str], values: Sequence[str]
) -> tuple[str, pd.DataFrame]:
    """Take the rows of one metric, one row per combination of the axes' values.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame as `workbench.analysis.summary` makes it.
    metric : str or None
        The metric; may be left out where the frame holds only one.
    axes : sequence of str
        Columns that the chart spreads out.
    values : sequence of str
        Further columns that the chart draws.

    Returns
    -------
    (str, DataFrame)
        The metric's name and its rows, sorted by the axes.

    Raises
    ------
    QueryError
        If a column or the metric is missing, the metric is ambiguous, there is no row, or several rows share a place.
    """
    demand_columns(frame, ["metric", *axes, *values])
    if len(set(axes)) < len(axes):
        raise QueryError(f"the chart's axes must be different columns, but are {_listed(axes)}")
    metric = _chosen_metric(frame, metric)
    rows = frame[frame["metric"] == metric].sort_values(list(axes), ignore_index=True)
    if rows.duplicated(list(axes)).any():
        raise QueryError(
            f"several rows of {metric!r} share one place of ({', '.join(axes)}): the frame was grouped by more columns "
            f"than the chart shows; group by {_listed(axes)} only, or keep one value of each other column"
        )
    return metric, rows


def demand_columns(frame: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Refuse a frame that lacks a column, or every row.

    Parameters
    ----------
    frame : DataFrame
        What to draw.
    wanted : sequence of str
        The columns that the chart needs.

    Raises
    ------
    QueryError
        If a column is missing, or there is no row.
    """
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise QueryError(f"the frame has no column {_listed(missing)}; it has {_listed(list(frame.columns))}")
    if frame.empty:
        raise QueryError("the frame has no rows to draw: has any shard of the run reported yet?")


def _chosen_metric(frame: pd.DataFrame, metric: str | None) -> str:
    present = [str(name) for name in frame["metric"].unique()]
    if metric is None:
        if len(present) > 1:
            raise QueryError(f"the frame holds several metrics: pass metric= as one of {_listed(present)}")
        return present[0]
    if metric not in present:
        raise QueryError(f"the frame has no metric {metric!r}; it has {_listed(present)}")
    return metric


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)
