from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex

from workbench.charts.shard_map import STATE_COLOURS, shard_map
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATES = ["succeeded"] * 20 + ["failed", "cancelled", "partly done", "missing", "missing"]


def cells(ax: Axes) -> list[list[str | None]]:
    """Colours, line by line from the top."""
    (mesh,) = (item for item in ax.collections if isinstance(item, QuadMesh))
    values = np.ma.masked_invalid(mesh.get_array())
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    hexes = [to_hex(colour) for colour in mesh.cmap.colors]
    return [[None if state is None else hexes[int(state)] for state in line] for line in values.tolist()]


def colours(states: list[str]) -> list[str]:
    return [to_hex(STATE_COLOURS[state]) for state in states]


def test_each_shard_is_a_cell_of_its_colour(ax: Axes) -> None:
    assert shard_map(STATES, ax=ax) is ax
    lines = cells(ax)
    assert [len(line) for line in lines] == [10, 10, 10]
    assert [colour for line in lines for colour in line] == [*colours(STATES), *[None] * 5]


def test_every_state_has_a_colour_of_its_own_and_is_counted(ax: Axes) -> None:
    shard_map(STATES, ax=ax)
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "succeeded (20)",
        "failed (1)",
        "cancelled (1)",
        "partly done (1)",
        "missing (2)",
    ]
    shown = [to_hex(patch.get_facecolor()) for patch in legend.get_patches()]
    assert shown == colours(list(STATE_COLOURS))
    assert len(set(shown)) == 5


def test_states_that_no_shard_has_are_not_explained(ax: Axes) -> None:
    shard_map(["missing"] * 3, ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["missing (3)"]
    assert cells(ax) == [colours(["missing"] * 3)]


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (4, 4), (12, 5), (50, 10), (51, 20), (1000, 50), (10_000, 150), (600_000, 1000)]
)
def test_lines_are_of_a_round_length_and_numbered(ax: Axes, count: int, columns: int) -> None:
    shard_map(["succeeded"] * count, ax=ax)
    assert len(cells(ax)[0]) == columns
    numbers = [int(text.get_text().replace(",", "")) for text in ax.get_yticklabels()]
    assert numbers[0] == 0
    assert all(number % columns == 0 for number in numbers)
    assert len(numbers) <= 8
    assert ax.get_xlabel() == f"{count:,} shards, {columns:,} to a line"


@pytest.mark.parametrize(
    ("states", "message"),
    [([], "no shard to draw"), (["succeeded", "lost"], "no state 'lost'; shards are 'succeeded'")],
)
def test_what_cannot_be_drawn_is_refused(ax: Axes, states: list[str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        shard_map(states, ax=ax)
    assert not ax.has_data()
