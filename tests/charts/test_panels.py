from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench.charts.panels import panels
from workbench.errors import QueryError


def waits(policies: int = 3, servers: tuple[int, ...] = (1, 2)) -> pd.DataFrame:
    rows = [
        (f"policy {policy}", count, rate, "mean_wait", mean := (policy + count) / (4 - rate), mean - 0.1, mean + 0.1)
        for policy in range(policies)
        for count in servers
        for rate in (0.5, 2.0, 3.5)
    ]
    return pd.DataFrame(rows, columns=["policy", "servers", "rate", "metric", "mean", "ci_low", "ci_high"])


def test_each_value_has_a_panel_with_its_lines() -> None:
    frame = waits()
    axes = panels(frame.sample(frac=1, random_state=2), x="rate", panel="policy", hue="servers")
    assert axes.shape == (3,)
    for ax, (policy, of_panel) in zip(axes, frame.groupby("policy"), strict=True):
        assert ax.get_title() == f"Policy = {policy}"
        for line, (_, level) in zip(ax.get_lines(), of_panel.groupby("servers"), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), level[["rate", "mean"]])


def test_panels_share_their_scales_and_one_legend() -> None:
    axes = panels(waits(), x="rate", panel="policy", hue="servers", labels={"rate": "Rate (1/s)", "servers": "Hosts"})
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in axes}) == 1
    figure = axes[0].figure
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("Rate (1/s)", "Mean wait")
    assert all(ax.get_legend() is None for ax in axes)
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "Hosts"
    assert [text.get_text() for text in legend.get_texts()] == ["1", "2", "95 % CI"]


def test_a_level_looks_the_same_where_another_is_missing() -> None:
    frame = waits().query("not (policy == 'policy 1' and servers == 1)")
    first, second, _ = panels(frame, x="rate", panel="policy", hue="servers")
    (alone,) = second.get_lines()
    assert alone.get_color() == first.get_lines()[1].get_color()
    assert alone.get_marker() == first.get_lines()[1].get_marker()


def test_a_long_title_is_wrapped() -> None:
    (ax,) = panels(waits(1), x="rate", panel="policy", hue="servers", labels={"policy": "Rule of the waiting line"})
    assert ax.get_title() == "Rule of the waiting line\n= policy 0"


def test_failed_points_are_marked_in_their_panel() -> None:
    frame = waits()
    frame.loc[0, ["mean", "ci_low", "ci_high"]] = np.nan
    axes = panels(frame, x="rate", panel="policy", hue="servers")
    crosses = [[line.get_xdata().tolist() for line in ax.get_lines() if line.get_marker() == "x"] for ax in axes]
    assert crosses == [[[0.5]], [], []]
    assert axes[0].figure.legends[0].get_texts()[-1].get_text() == "no good row"


def test_many_levels_are_named_by_one_colour_bar() -> None:
    axes = panels(waits(servers=tuple(range(1, 13))), x="rate", panel="policy", hue="servers")
    figure = axes[0].figure
    assert figure.legends == []
    assert [ax.get_ylabel() for ax in figure.axes if ax not in set(axes)] == ["Servers"]


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (7, 3), (9, 3), (10, 4), (24, 4)]
)
def test_every_column_of_panels_has_ticks_at_its_foot(count: int, columns: int) -> None:
    axes = panels(waits(policies=count, servers=(1,)), x="rate", panel="policy")
    specs = [ax.get_subplotspec() for ax in axes]
    assert len(axes) == len(axes[0].figure.axes) == count
    assert {spec.get_gridspec().ncols for spec in specs} == {columns}
    for place, ax in enumerate(axes):
        assert ax.xaxis.get_tick_params()["labelbottom"] == (place + columns >= count)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (waits(), {"x": "rate", "panel": "rule"}, "no column 'rule'"),
        (waits(), {"x": "rate", "panel": "policy"}, "several rows"),
        (waits(), {"x": "rate", "panel": "rate"}, "must be different columns"),
        (waits().iloc[:0], {"x": "rate", "panel": "policy"}, "no rows"),
        (waits(policies=25, servers=(1,)), {"x": "rate", "panel": "policy"}, "'policy' has 25 values, and 24 panels"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(frame: pd.DataFrame, options: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        panels(frame, **options)
    assert plt.get_fignums() == []
