"""The parts of a monitor show every shard, and what a message holds stays text."""

from __future__ import annotations

import re

import hypothesis.strategies as st
from hypothesis import given

from workbench.charts.shard_map import STATE_COLOURS
from workbench.widgets.monitor_parts import MOST_CELLS, cells_of, failures_table, shard_grid
from workbench.widgets.monitor_state import Failure

STATES = st.lists(st.sampled_from(sorted(STATE_COLOURS)), min_size=1, max_size=60)


@given(STATES, st.integers(1, 60))
def test_cells_are_few_and_hide_no_failure(states: list[str], most: int) -> None:
    cells, per_cell = cells_of(states, most=most)
    assert len(cells) <= most
    assert len(cells) == -(-len(states) // per_cell)
    for state in ("failed", "succeeded"):
        groups = [states[start : start + per_cell] for start in range(0, len(states), per_cell)]
        known = {"failed": any, "succeeded": all}[state]
        assert [cell == state for cell in cells] == [known(each == state for each in group) for group in groups]


@given(STATES)
def test_the_map_has_a_square_for_each_shard_and_counts_them(states: list[str]) -> None:
    html = shard_grid(states)
    assert html.count("z") - html.count("size") == len(states)
    paths = dict(re.findall('<path style="fill:([^"]*)" d="([^"]*)"', html))
    for state, colour in STATE_COLOURS.items():
        path = paths.get("var(--jp-border-color2, #bdbdbd)" if state == "missing" else colour, "")
        assert path.count("M") == states.count(state)
        assert (f"{state} ({states.count(state)})" in html) == (state in states)


def test_a_large_run_says_how_many_shards_a_cell_is() -> None:
    html = shard_grid(["succeeded"] * (MOST_CELLS * 3 - 1) + ["failed"])
    assert "Each cell is 3 shards" in html
    assert html.count("M") == MOST_CELLS
    assert 'aria-label="Shards: 2,999 succeeded, 1 failed"' in html
    assert shard_grid([]) == ""


def test_a_message_is_text_and_not_markup() -> None:
    html = failures_table([Failure("<i>E</i>", 1200, "<script>alert(1)</script>"), Failure("B", 1, "x" * 1000)])
    assert "<script" not in html
    assert "&lt;i&gt;E&lt;/i&gt;" in html
    assert "1,200" in html
    assert "x" * 299 + "…" in html
    assert "x" * 300 not in html
    assert failures_table([]) == ""
