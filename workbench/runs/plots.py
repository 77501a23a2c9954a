"""Charts of a run: aggregate what the chart needs, then draw it with the experiment's own labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from workbench.analysis.score import Goals
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

    def panels(
        self, *, x: str, y: str, panel: str, hue: str | None = None, where: Mapping[str, Any] | None = None
    ) -> npt.NDArray[np.object_]:
        """Draw the mean of metric `y` over parameter `x` in a panel for each value of a further parameter.

        Parameters
        ----------
        x, panel, hue : str
            Parameters.
        y : str
            Metric.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes, shape (panels,)
            Of a new figure.
        """
        from workbench.charts.panels import panels  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        frame = self._run.aggregate(by=[panel, x, *([hue] if hue else [])], metrics=[y], where=where)
        return panels(frame, x=x, panel=panel, hue=hue, metric=y, labels=self._labels())

    def pareto(
        self,
        goals: Goals,
        *,
        x: str | None = None,
        y: str | None = None,
        where: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the points of the run by two metrics, and mark those that no other point dominates.

        Parameters
        ----------
        goals : mapping of str to 'min' or 'max'
            What is better of each metric, such as ``{"mean_wait": "min", "utilisation": "max"}``.
        x, y : str, optional
            Which of them to draw; the first two by default.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from workbench.analysis.score import directions_of  # noqa: PLC0415 -- pandas is loaded by those who ask
        from workbench.charts.pareto import pareto  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        frame = self._run.pareto(goals, where=where)
        return pareto(frame, goals=directions_of(goals), x=x, y=y, labels=self._labels(), ax=ax)

    def effects(self, metric: str, *, where: Mapping[str, Any] | None = None, ax: Axes | None = None) -> Axes:
        """Draw which parameters, and which pairs of them, a metric's variance over the points comes from.

        Parameters
        ----------
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
        from workbench.charts.effects import effects  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        return effects(self._run.effects(metric, where=where), metric=metric, ax=ax)

    def timeline(self, *, ax: Axes | None = None) -> Axes:
        """Draw who worked on the run when, from its outcomes: a bar for each pass of a worker over a shard.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from workbench.analysis.profile import passes  # noqa: PLC0415 -- pandas is loaded by those who ask
        from workbench.charts.timeline import timeline  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        frame = passes(self._run._engine, self._run.manifest.spec, self._run.run_id)  # noqa: SLF001 -- a part of Run
        return timeline(frame, ax=ax)

    def shard_map(self, *, ax: Axes | None = None) -> Axes:
        """Draw the state of each shard, from the keys alone: no query is made.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from workbench.charts.shard_map import shard_map  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        return shard_map(self._run.shard_states(), ax=ax)

    def _labels(self) -> dict[str, str]:
        from workbench.charts.style import label_of  # noqa: PLC0415 -- matplotlib is loaded by those who draw

        spec = self._run.manifest.spec
        units = {item.name: item.unit for item in spec.parameters} | {item.name: item.unit for item in spec.metrics}
        return {name: f"{label_of(name, None)} ({unit})" for name, unit in units.items() if unit}
