"""Draws who worked on a run when: a line for each worker, a bar for each pass over a shard, and the number at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from workbench.charts.style import OKABE_ITO, axes_or_new, chart_style, dress
from workbench.charts.tidy import demand_columns

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["timeline"]

_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "success": {"facecolor": OKABE_ITO[0], "label": "every row good"},
    "failure": {"facecolor": OKABE_ITO[1], "label": "some rows not good", "hatch": "////"},
}
_UNITS: Final = ((2 * 3600.0, 3600.0, "h"), (2 * 60.0, 60.0, "min"), (0.0, 1.0, "s"))
_BAR: Final = 0.8  # of the room of a worker
_THINNEST: Final = 0.003  # of the whole time: also a pass that took none is seen
_LINED: Final = 60  # workers between whose bars lines can be seen
_LOWER: Final = 0.76  # share of the height that belongs to the workers
_UPPER: Final = (0.0, 0.8, 1.0, 0.2)  # place of the number of workers, in shares of the axes
_HEIGHTS: Final = ((1, 4, 60), (2.2, 3.0, 5.5))  # workers, and inches of their figure


def timeline(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the passes of workers over shards against time, and above them the number of workers at work.

    Parameters
    ----------
    frame : DataFrame
        One row per pass: ``worker``, ``shard_id``, ``started_at`` (a time), ``seconds``, ``status`` (``success`` or
        ``failure``), as `workbench.analysis.profile.passes` makes it.
    ax : Axes, optional
        Where to draw; a new figure is made otherwise.

    Returns
    -------
    Axes
        `ax`, or the axes of the new figure; its first child axes hold the number of workers.

    Raises
    ------
    QueryError
        If a column is missing, or the frame is empty.
    """
    demand_columns(frame, ["worker", "shard_id", "started_at", "seconds", "status"])
    passes = frame.sort_values(["started_at", "shard_id"], ignore_index=True)
    begin = (passes["started_at"] - passes["started_at"].iloc[0]).dt.total_seconds().to_numpy()
    end = begin + passes["seconds"].to_numpy(dtype=float)
    scale, unit = next((size, name) for least, size, name in _UNITS if end.max() >= least)
    begin, end = begin / scale, end / scale
    seen = np.maximum(end, begin + _THINNEST * end.max())
    # Whoever started first stands on top.
    line = passes.groupby("worker", sort=False).ngroup().to_numpy()
    workers = int(line.max()) + 1
    with chart_style():
        ax = axes_or_new(ax, size=(5.6, float(np.interp(workers, *_HEIGHTS))))
        dress(ax, grid=False)
        for status, looks in _LOOKS.items():
            of_status = (passes["status"] == status).to_numpy()
            if of_status.any():
                _draw_bars(ax, begin[of_status], seen[of_status], line[of_status], lined=workers <= _LINED, **looks)
        _number_lines(ax, workers)
        ax.set_xlabel(f"Time since the first start ({unit})")
        _draw_number_at_work(ax, begin, end)
    return ax


def _draw_bars(
    ax: Axes,
    begin: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    line: npt.NDArray[np.integer[Any]],
    *,
    lined: bool,
    **looks: Any,
) -> None:
    half = _BAR / 2 if lined else 0.5
    top, foot = line + 1 - half, line + 1 + half
    corners = np.stack([begin, top, end, top, end, foot, begin, foot], axis=1).reshape(-1, 4, 2)
    # A line around each bar tells passes apart that follow at once; among many workers it would hide the bars.
    edge: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.4} if lined else {"linewidth": 0.0, "hatch": None}
    ax.add_collection(PolyCollection(list(corners), **(looks | edge)), autolim=True)
    ax.autoscale_view(scaley=False)


def _number_lines(ax: Axes, workers: int) -> None:
    first, last = 0.5, workers + 0.5
    ax.set_ylim(last, last - workers / _LOWER)
    ax.spines["left"].set_bounds(first, last)
    ticks = MaxNLocator(nbins=8, integer=True, min_n_ticks=1).tick_values(first, last)
    ax.set_yticks([tick for tick in ticks if first < tick < last])
    ax.set_ylabel(f"Worker, of {workers:,}", y=_LOWER / 2)


def _draw_number_at_work(ax: Axes, begin: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> None:
    upper = ax.inset_axes(_UPPER, sharex=ax)
    dress(upper, grid=False)
    times, numbers = _at_work(begin, end)
    upper.fill_between(times, numbers, step="post", color="#777777", alpha=0.35, linewidth=0)
    upper.step(times, numbers, where="post", color="#555555", linewidth=1.0)
    upper.set_ylim(bottom=0)
    upper.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True, min_n_ticks=2))
    upper.tick_params(labelbottom=False)
    upper.set_ylabel("At work")
    handles, texts = ax.get_legend_handles_labels()
    ax.legend(handles, texts, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)


def _at_work(
    begin: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the times at which the number of passes under way changes, and the number from then on."""
    lasting = end > begin
    times = np.concatenate([begin[lasting], end[lasting]])
    changes = np.repeat([1, -1], len(times) // 2)
    # Who ends at a time makes room for who begins then.
    order = np.lexsort((changes, times))
    return times[order], np.cumsum(changes[order])
