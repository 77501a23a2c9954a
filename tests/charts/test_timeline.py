from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from workbench.charts.timeline import timeline
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

START = pd.Timestamp("2026-01-02 03:04:05")


def passes(*rows: tuple[str, int, float, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["worker", "shard_id", "begin", "seconds", "status"])
    return frame.assign(started_at=START + pd.to_timedelta(frame["begin"], unit="s")).drop(columns="begin")


RUN = passes(
    ("b", 0, 0.0, 2.0, "success"),
    ("a", 1, 1.0, 3.0, "success"),
    ("b", 2, 2.0, 2.0, "failure"),
    ("c", 3, 3.0, 0.0, "failure"),
)


def bars(ax: Axes) -> dict[str, list[tuple[float, float, float]]]:
    """Line, begin and end of the bars of each kind."""
    return {
        item.get_label(): [
            (float(path.vertices[:, 1].mean().round()), path.vertices[:, 0].min(), path.vertices[:, 0].max())
            for path in (type(path)(path.vertices[:4]) for path in item.get_paths())
        ]
        for item in ax.collections
        if isinstance(item, PolyCollection)
    }


def test_each_pass_is_a_bar_in_the_line_of_its_worker(ax: Axes) -> None:
    assert timeline(RUN.sample(frac=1, random_state=1), ax=ax) is ax
    assert bars(ax) == {
        "every row good": [(1, 0.0, 2.0), (2, 1.0, 4.0)],
        "some rows not good": [(1, 2.0, 4.0), (3, 3.0, pytest.approx(3.0, abs=0.05))],
    }
    assert ax.get_ylim()[0] == 3.5
    assert ax.get_yticks().tolist() == [1, 2, 3]
    assert ax.get_ylabel() == "Worker, of 3"


def test_a_pass_that_took_no_time_is_seen(ax: Axes) -> None:
    timeline(RUN, ax=ax)
    _, begin, end = bars(ax)["some rows not good"][1]
    assert end > begin


def test_the_number_at_work_is_above(ax: Axes) -> None:
    timeline(RUN, ax=ax)
    (upper,) = ax.child_axes
    (stairs,) = upper.get_lines()
    x, y = stairs.get_xdata(), stairs.get_ydata()
    at = {time: int(y[np.searchsorted(x, time, side="right") - 1]) for time in (0.5, 1.5, 2.5, 3.5, 4.0)}
    assert at == {0.5: 1, 1.5: 2, 2.5: 2, 3.5: 2, 4.0: 0}
    assert min(y) == 0
    assert upper.get_xlim() == ax.get_xlim()
    assert upper.get_ylabel() == "At work"
    # Both share the room of the axes: the uppermost bar ends below the axes above.
    ax.figure.draw_without_rendering()
    assert upper.get_window_extent().y0 > ax.transData.transform((0, 0.5))[1]
    assert upper.get_window_extent().y1 <= ax.get_window_extent().y1 + 0.5


def test_kinds_are_told_apart_without_colour_and_explained(ax: Axes) -> None:
    timeline(RUN, ax=ax)
    good, bad = (item for item in ax.collections if isinstance(item, PolyCollection))
    assert good.get_hatch() is None
    assert bad.get_hatch()
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["every row good", "some rows not good"]


@pytest.mark.parametrize(("seconds", "unit"), [(100, "s"), (600, "min"), (10_000, "h")])
def test_time_is_in_the_unit_that_suits(ax: Axes, seconds: float, unit: str) -> None:
    timeline(passes(("a", 0, 0.0, seconds, "success")), ax=ax)
    assert ax.get_xlabel() == f"Time since the first start ({unit})"
    ((_, begin, end),) = bars(ax)["every row good"]
    assert (begin, end) == (0, pytest.approx(seconds / {"s": 1, "min": 60, "h": 3600}[unit]))


def test_many_workers_have_round_ticks(ax: Axes) -> None:
    timeline(passes(*((f"w{number}", number, 0.01 * number, 5.0, "success") for number in range(800))), ax=ax)
    ax.figure.draw_without_rendering()
    assert 3 <= len(ax.get_yticks()) <= 9
    assert all(1 <= tick <= 800 for tick in ax.get_yticks())


@pytest.mark.parametrize(
    ("frame", "message"), [(RUN.drop(columns="worker"), "no column 'worker'"), (RUN.iloc[:0], "no rows")]
)
def test_what_cannot_be_drawn_is_refused_by_name(ax: Axes, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        timeline(frame, ax=ax)
    assert not ax.has_data()
