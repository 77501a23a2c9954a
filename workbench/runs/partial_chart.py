"""The chart of a run that goes on: which one to draw, and its picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from workbench.analysis.checks import check_groups, check_metrics
from workbench.compute.columns import parameter_columns
from workbench.errors import QueryError
from workbench.space import stride

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.contract import Manifest

__all__ = ["ChartChoice", "Charts", "choose_chart", "draw_chart"]

_NUMBERS: Final = ("float", "int")
_POINTS: Final = 1_000  # a fair sample of them tells which parameters vary
_INCHES: Final = (6.4, 4.0)


class Charts(Protocol):
    """What draws the means of a run's good rows."""

    def lines(self, *, x: str, y: str, hue: str | None, ax: Axes) -> Axes:
        """Draw a metric over a parameter."""
        ...

    def heatmap(self, *, x: str, y: str, metric: str, ax: Axes) -> Axes:
        """Draw a metric over two parameters."""
        ...


class ChartChoice(NamedTuple):
    """A metric over one parameter, a line for each value of another; or over two parameters, as a heatmap.

    Parameters
    ----------
    metric, x : str
        The metric and the parameter of the horizontal axis.
    y : str or None
        Parameter of the vertical axis; then it is a heatmap.
    hue : str or None
        Parameter with a line for each of its values.
    """

    metric: str
    x: str
    y: str | None = None
    hue: str | None = None


def choose_chart(
    manifest: Manifest, *, metric: str | None, x: str | None, y: str | None, hue: str | None
) -> ChartChoice | None:
    """Choose what nobody has named.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    metric, x, y, hue : str or None
        As of `ChartChoice`; None to choose the metric, or the parameter `x`.

    Returns
    -------
    ChartChoice or None
        None where the run has nothing to draw by default: no metric that is a number, or no such parameter that varies.

    Raises
    ------
    QueryError
        If a name is unknown, or both `y` and `hue` are given.
    """
    spec = manifest.spec
    if y is not None and hue is not None:
        raise QueryError("y, hue: give y for a heatmap, or hue for lines, not both")
    if metric is not None:
        check_metrics(spec, [metric])
    check_groups(spec, [name for name in (x, y, hue) if name is not None])
    metric = metric or next((item.name for item in spec.metrics if item.type in _NUMBERS), None)
    x = x or _varying(manifest, but=(y, hue))
    return ChartChoice(metric, x, y, hue) if metric and x else None


def draw_chart(charts: Charts, choice: ChartChoice) -> bytes:
    """Draw a chart of the rows that are there.

    Parameters
    ----------
    charts : Charts
        Of the run.
    choice : ChartChoice
        Which one.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    QueryError
        If the rows cannot be asked for, or there is none.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 -- matplotlib is loaded by those who draw

    # Not by pyplot: that would keep the figure, and a notebook would show it a second time.
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.subplots()
    if choice.y is not None:
        charts.heatmap(x=choice.x, y=choice.y, metric=choice.metric, ax=axes)
    else:
        charts.lines(x=choice.x, y=choice.metric, hue=choice.hue, ax=axes)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _varying(manifest: Manifest, *, but: tuple[str | None, ...]) -> str | None:
    count = min(manifest.n_points, _POINTS)
    points = np.arange(count) * stride(manifest.n_points) % manifest.n_points
    columns = parameter_columns(manifest.sweep, manifest.spec, points)
    varying = (
        parameter.name
        for parameter in manifest.spec.parameters
        if parameter.type in _NUMBERS
        and parameter.name not in but
        and (columns[parameter.name] != columns[parameter.name][0]).any()
    )
    return next(varying, None)
