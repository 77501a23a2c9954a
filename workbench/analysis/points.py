"""Turns a tidy frame of several metrics into points: one row per combination of parameters, one column per metric."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["check_known", "parameters_of", "points_of"]


def parameters_of(frame: pd.DataFrame) -> list[str]:
    """Name the columns that a tidy frame is grouped by: those on the left of ``metric``.

    Parameters
    ----------
    frame : DataFrame
        As `workbench.analysis.summary.tidy` makes it.

    Returns
    -------
    list of str

    Raises
    ------
    QueryError
        If the frame is not tidy, or not grouped.
    """
    missing = [name for name in ("metric", "mean") if name not in frame.columns]
    if missing:
        raise QueryError(f"frame: no column {_listed(missing)}; pass what `run.aggregate(by=..., metrics=...)` returns")
    names = list(frame.columns[: frame.columns.get_loc("metric")])
    if not names:
        raise QueryError("frame: it is one group only; aggregate by the parameters that vary")
    return names


def points_of(frame: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Take the means of metrics, one row per point.

    Parameters
    ----------
    frame : DataFrame
        As `workbench.analysis.summary.tidy` makes it.
    metrics : sequence of str
        The metrics to take.

    Returns
    -------
    DataFrame
        The parameters, then a column of floats for each metric, sorted by the parameters; NaN where a point has no good
        row or its mean is not finite.

    Raises
    ------
    QueryError
        If the frame is not tidy, a metric is not in it, or a point is in it twice.
    """
    parameters = parameters_of(frame)
    check_known("frame", metrics, [str(name) for name in frame["metric"].unique()], what="metric")
    rows = frame[frame["metric"].isin(metrics)]
    if rows.duplicated([*parameters, "metric"]).any():
        raise QueryError(
            f"frame: some combinations of {_listed(parameters)} are there more than once; "
            "pass the points of one run only"
        )
    # Not `pivot_table`, which leaves points without a mean out.
    wide = rows.set_index([*parameters, "metric"])["mean"].unstack("metric")  # noqa: PD010
    means = wide[list(metrics)].astype(float)
    return means.where(np.isfinite(means)).rename_axis(columns=None).reset_index()


def check_known(argument: str, names: Sequence[str], known: Sequence[str], *, what: str) -> None:
    """Refuse a name that is not known, and say which one is near.

    Parameters
    ----------
    argument : str
        What the names were given as.
    names, known : sequence of str
        The names asked for, and those that there are.
    what : str
        What they name.

    Raises
    ------
    QueryError
        If one of `names` is not among `known`.
    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise QueryError(f"{argument}: no {what} {name!r}{hint} It has {_listed(known)}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
