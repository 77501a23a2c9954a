"""Charts of a run: aggregate what the chart needs, then draw it with the experiment's own labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from workbench.runs.run import Run

__all__ = ["Plots"]


class Plots:
    """``run.plot``: each method aggregates and draws.

    Parameters
    ----------
    run : Run
        Whose outcomes to draw.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def lines(
        self,
        *,
        x: str,
        y: str,
        hue: str | None = None,
        where: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the mean of metric `y` over parameter `x` with its 95 % band, a line for each value of `hue`.

        Parameters
        ----------
        x, hue : str
            Parameters.
        y : str
            Metric.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from workbench.charts.lines import lines  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        frame = self._run.aggregate(by=[x, *([hue] if hue else [])], metrics=[y], where=where)
        return lines(frame, x=x, hue=hue, metric=y, labels=self._labels(), ax=ax)

    def heatmap(
        self, *, x: str, y: str, metric: str, where: Mapping[str, Any] | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the mean of a metric over two parameters.

        Parameters
        ----------
        x, y : str
            Parameters.
        metric : str
            Metric.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from workbench.charts.heatmap import heatmap  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        frame = self._run.aggregate(by=[x, y], metrics=[metric], where=where)
        return heatmap(frame, x=x, y=y, metric=metric, labels=self._labels(), ax=ax)

    def _labels(self) -> dict[str, str]:
        spec = self._run.manifest.spec
        units = {item.name: item.unit for item in spec.parameters} | {item.name: item.unit for item in spec.metrics}
        return {name: f"{name.replace('_', ' ').capitalize()} ({unit})" for name, unit in units.items() if unit}
