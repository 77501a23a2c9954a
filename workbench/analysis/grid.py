"""Spreads a tidy frame over the grid of its parameters: arrays with an axis for each, and xarray's dataset of them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.errors import QueryError, WorkbenchError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec

__all__ = ["GRID_STATS", "Grid", "grid_of", "to_xarray"]

GRID_STATS: Final = ("count", "mean", "std")
# Names of a metric's arrays, by statistic.
_SUFFIXES: Final = {"mean": "", "std": "_std", "count": "_count"}
# A space that was sampled at random would fill a cell in many thousands.
_MAX_CELLS: Final = 50_000_000


@dataclass(frozen=True)
class Grid:
    """Arrays over the values of some parameters.

    Parameters
    ----------
    coordinates : dict of str to array
        Sorted values of each parameter that varies: the axes, in order.
    constants : dict of str to value
        Parameters with a single value.
    variables : dict of str to array
        Of each metric ``<metric>``, its mean, ``<metric>_std`` and ``<metric>_count``; where the space has no point,
        NaN, and 0 for counts.
    """

    coordinates: dict[str, NDArray[Any]]
    constants: dict[str, Any]
    variables: dict[str, NDArray[Any]]


def grid_of(frame: pd.DataFrame) -> Grid:
    """Spread a tidy frame over the values of its parameters.

    Parameters
    ----------
    frame : DataFrame
        As `workbench.analysis.summary.aggregate` makes it of `GRID_STATS`: the columns before ``metric`` are the axes.

    Returns
    -------
    Grid

    Raises
    ------
    QueryError
        If the frame lacks a column or has no rows, two arrays would have one name, or the grid would exceed memory.
    """
    if missing := [name for name in ("metric", *GRID_STATS) if name not in frame.columns]:
        raise QueryError(f"the frame has no column {', '.join(map(repr, missing))}: aggregate with {list(GRID_STATS)}")
    if frame.empty:
        raise QueryError("the frame has no rows: has any shard of the run reported yet?")
    by = list(frame.columns[: list(frame.columns).index("metric")])
    values = {name: np.unique(frame[name].to_numpy()) for name in by}
    coordinates = {name: found for name, found in values.items() if len(found) > 1}
    shape = tuple(len(found) for found in coordinates.values())
    if np.prod(shape, dtype=float) > _MAX_CELLS:
        sizes = " x ".join(f"{len(found):,} {name}" for name, found in coordinates.items())
        raise QueryError(f"the space is no grid: it would have {sizes} cells; aggregate by fewer parameters")
    variables: dict[str, NDArray[Any]] = {}
    for metric, rows in frame.groupby("metric", sort=False):
        place = tuple(np.searchsorted(found, rows[name].to_numpy()) for name, found in coordinates.items())
        for statistic, suffix in _SUFFIXES.items():
            name = f"{metric}{suffix}"
            if name in variables:
                raise QueryError(f"metrics: there would be two arrays {name!r}; ask for one of these metrics at a time")
            variables[name] = _spread(rows[statistic].to_numpy(), place, shape)
    constants = {name: found[0] for name, found in values.items() if len(found) == 1}
    return Grid(coordinates, constants, variables)


def to_xarray(frame: pd.DataFrame, spec: ExperimentSpec) -> Any:
    """Make a dataset of a tidy frame.

    Parameters
    ----------
    frame : DataFrame
        As `grid_of` takes it.
    spec : ExperimentSpec
        The run's experiment, for units and descriptions.

    Returns
    -------
    xarray.Dataset
        The arrays of `Grid`; a dimension for each parameter that varies, a scalar coordinate for each that does not.

    Raises
    ------
    WorkbenchError
        If xarray is not installed.
    QueryError
        If the frame does not fit; see `grid_of`.
    """
    try:
        xarray = importlib.import_module("xarray")
    except ImportError as error:
        raise WorkbenchError("xarray is not installed: `pip install xarray`, then ask again") from error
    grid = grid_of(frame)
    described = {parameter.name: _attributes(parameter) for parameter in spec.parameters}
    described |= {metric.name: _attributes(metric) for metric in spec.metrics}
    axes = tuple(grid.coordinates)
    coordinates = {name: ((name,), found, described.get(name, {})) for name, found in grid.coordinates.items()}
    constants = {name: ((), value, described.get(name, {})) for name, value in grid.constants.items()}
    variables = {name: (axes, array, described.get(name, {})) for name, array in grid.variables.items()}
    return xarray.Dataset(variables, coordinates | constants, {"experiment": spec.name})


def _spread(values: NDArray[Any], place: tuple[NDArray[np.intp], ...], shape: tuple[int, ...]) -> NDArray[Any]:
    counts = np.issubdtype(values.dtype, np.integer)
    array = np.zeros(shape, values.dtype) if counts else np.full(shape, np.nan)
    array[place] = values.reshape(array[place].shape)  # a single point has no axis
    return array


def _attributes(item: ParameterSpec | MetricSpec) -> dict[str, str]:
    # The names of the CF conventions, which xarray's plots read.
    return {name: text for name, text in (("long_name", item.doc), ("units", item.unit)) if text}
