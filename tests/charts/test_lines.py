from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from workbench.charts.lines import lines
from workbench.charts.style import OKABE_ITO
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def waits(*servers: int, metric: str = "mean_wait") -> pd.DataFrame:
    rows = [
        {
            "servers": count,
            "arrival_rate": rate,
            "metric": metric,
            "mean": count / (4 - rate),
            "ci_low": count / (4 - rate) - 0.1 * rate,
            "ci_high": count / (4 - rate) + 0.2 * rate,
        }
        for count in servers
        for rate in (0.5, 1.0, 2.0, 3.5)
    ]
    return pd.DataFrame(rows)


def test_each_level_is_a_line_of_the_frames_means_in_a_band_of_its_interval(ax: Axes) -> None:
    frame = waits(1, 2, 4)
    lines(frame.sample(frac=1, random_state=1), x="arrival_rate", hue="servers", ax=ax)
    assert [line.get_label() for line in ax.get_lines()] == ["1", "2", "4"]
    for line, band, (_, level) in zip(ax.get_lines(), ax.collections, frame.groupby("servers"), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), level[["arrival_rate", "mean"]])
        vertices = {(x, y) for x, y in band.get_paths()[0].vertices.tolist()}
        for bound in ("ci_low", "ci_high"):
            assert set(zip(level["arrival_rate"], level[bound], strict=True)) <= vertices
        assert to_hex(band.get_facecolor()[0]) == to_hex(line.get_color())


def test_the_axes_given_are_used_and_no_figure_is_made(ax: Axes) -> None:
    figures = plt.get_fignums()
    assert lines(waits(1), x="arrival_rate", ax=ax) is ax
    assert plt.get_fignums() == figures
    assert not ax.spines["top"].get_visible()


def test_a_new_figure_has_the_style_of_the_workbench() -> None:
    figure = lines(waits(1, 2), x="arrival_rate", hue="servers").figure
    assert figure.dpi == 150
    assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"


def test_names_become_labels_unless_the_caller_words_them(ax: Axes) -> None:
    lines(waits(1, 2), x="arrival_rate", hue="servers", labels={"mean_wait": "Mean wait (s)"}, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Arrival rate", "Mean wait (s)")
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "Servers"
    assert [text.get_text() for text in legend.get_texts()] == ["1", "2", "95 % CI"]


def test_few_levels_have_the_colours_that_every_reader_can_tell_apart(ax: Axes) -> None:
    lines(waits(*range(1, 9)), x="arrival_rate", hue="servers", ax=ax)
    assert tuple(line.get_color() for line in ax.get_lines()) == OKABE_ITO
    assert len({line.get_marker() for line in ax.get_lines()}) == 8


def test_many_numeric_levels_are_ordered_by_lightness_and_read_off_a_bar() -> None:
    ax = lines(waits(*range(1, 15)), x="arrival_rate", hue="servers")
    light = [math.fsum(w * int(to_hex(line.get_color())[i : i + 2], 16) for i, w in ((1, 0.2), (3, 0.7), (5, 0.1)))
             for line in ax.get_lines()]  # fmt: skip
    assert light == sorted(light)
    assert ax.get_legend() is None
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "Servers"
    assert [text.get_text() for text in bar.get_yticklabels()] == ["1", "3", "5", "7", "9", "11", "13"]


def test_many_named_levels_have_a_legend(ax: Axes) -> None:
    frame = waits(*range(10)).assign(servers=lambda rows: "host " + rows["servers"].astype(str))
    lines(frame, x="arrival_rate", hue="servers", ax=ax)
    assert len({line.get_color() for line in ax.get_lines()}) == 10
    assert len(ax.get_legend().get_texts()) == 11


def test_a_mean_of_one_row_is_drawn_without_a_band_and_the_legend_promises_none(ax: Axes) -> None:
    frame = waits(1, 2).assign(ci_low=np.nan, ci_high=np.nan)
    lines(frame, x="arrival_rate", hue="servers", ax=ax)
    assert [len(line.get_xdata()) for line in ax.get_lines()] == [4, 4]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["1", "2"]


def test_a_point_without_a_good_row_is_a_cross_at_the_foot_and_explained(ax: Axes) -> None:
    frame = waits(1, 2)
    frame.loc[frame["arrival_rate"] == 3.5, ["mean", "ci_low", "ci_high"]] = np.nan
    lines(frame, x="arrival_rate", hue="servers", ax=ax)
    crosses = [line for line in ax.get_lines() if line.get_marker() == "x"]
    curves = [line for line in ax.get_lines() if line.get_marker() != "x"]
    assert [line.get_xdata().tolist() for line in crosses] == [[3.5], [3.5]]
    assert [line.get_color() for line in crosses] == [line.get_color() for line in curves]
    heights = [line.get_ydata()[0] for line in crosses]
    assert 0 < heights[0] < heights[1] < 0.1
    assert all(line.get_transform() == ax.get_xaxis_transform() for line in crosses)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["1", "2", "95 % CI", "no good row"]
    assert ax.get_xlim()[1] > 3.5


def test_crosses_are_explained_beside_a_colour_bar_too() -> None:
    frame = waits(*range(1, 15))
    frame.loc[3, ["mean", "ci_low", "ci_high"]] = np.nan
    legend = lines(frame, x="arrival_rate", hue="servers").get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["no good row"]
    assert legend.get_title().get_text() == ""


def test_the_metric_is_chosen_by_name(ax: Axes) -> None:
    both = pd.concat([waits(1), waits(3, metric="queue")])
    lines(both, x="arrival_rate", metric="queue", ax=ax)
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), waits(3)["mean"])
    assert ax.get_ylabel() == "Queue"


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (waits(1), {"x": "rate"}, "no column 'rate'; it has 'servers', 'arrival_rate'"),
        (waits(1), {"x": "arrival_rate", "hue": "policy"}, "no column 'policy'"),
        (waits(1).drop(columns="ci_low"), {"x": "arrival_rate"}, "no column 'ci_low'"),
        (waits(1), {"x": "arrival_rate", "metric": "wait"}, "no metric 'wait'; it has 'mean_wait'"),
        (pd.concat([waits(1), waits(1, metric="b")]), {"x": "arrival_rate"}, "pass metric= as one of 'mean_wait', 'b'"),
        (waits(1).iloc[:0], {"x": "arrival_rate"}, "no rows"),
        (waits(1, 2), {"x": "arrival_rate"}, "several rows of 'mean_wait' share one place"),
        (waits(1), {"x": "servers", "hue": "servers"}, "must be different columns"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(
    ax: Axes, frame: pd.DataFrame, options: dict[str, str], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        lines(frame, **options, ax=ax)
    assert not ax.has_data()
