from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PatchCollection, QuadMesh

from workbench.charts.heatmap import heatmap
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BETAS = (0.1, 0.25, 1.0)
GAMMAS = (0.05, 0.5)


def sizes(betas: tuple[float, ...] = BETAS, gammas: tuple[float, ...] = GAMMAS) -> pd.DataFrame:
    rows = [(beta, gamma, "final_size", 1 / (1 + gamma / beta)) for gamma in gammas for beta in betas]
    return pd.DataFrame(rows, columns=["beta", "gamma", "metric", "mean"])


def mesh_of(ax: Axes) -> np.ma.MaskedArray:
    (mesh,) = (item for item in ax.collections if isinstance(item, QuadMesh))
    return np.ma.masked_invalid(mesh.get_array())


def hatched(ax: Axes) -> set[tuple[float, float]]:
    """Lower left corners of the hatched cells."""
    found = [item for item in ax.collections if isinstance(item, PatchCollection) and item.get_hatch()]
    return {tuple(path.vertices.min(axis=0).tolist()) for item in found for path in item.get_paths()}


def test_cells_are_the_frames_means(ax: Axes) -> None:
    frame = sizes()
    assert heatmap(frame.sample(frac=1, random_state=3), x="beta", y="gamma", ax=ax) is ax
    np.testing.assert_array_equal(mesh_of(ax), frame["mean"].to_numpy().reshape(2, 3))
    assert hatched(ax) == set()
    assert ax.get_legend() is None


def test_cells_without_a_good_row_are_hatched_and_explained(ax: Axes) -> None:
    frame = sizes()
    frame.loc[4, "mean"] = np.nan  # counted, but no row was good
    heatmap(frame.drop(index=0), x="beta", y="gamma", ax=ax)
    assert hatched(ax) == {(0, 0), (1, 1)}
    assert mesh_of(ax).mask.tolist() == [[True, False, False], [False, True, False]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no good row"]


def test_a_row_without_any_good_cell_stays_on_the_map(ax: Axes) -> None:
    frame = sizes()
    frame.loc[frame["gamma"] == 0.05, "mean"] = np.nan
    heatmap(frame, x="beta", y="gamma", ax=ax)
    assert hatched(ax) == {(0, 0), (1, 0), (2, 0)}


def test_ticks_carry_the_true_values_at_the_middle_of_their_cells(ax: Axes) -> None:
    heatmap(sizes(), x="beta", y="gamma", labels={"final_size": "Final size (1)"}, ax=ax)
    assert ax.get_xticks().tolist() == [0.5, 1.5, 2.5]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.10", "0.25", "1.00"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0.05", "0.50"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Beta", "Gamma")
    assert ax.figure.axes[1].get_ylabel() == "Final size (1)"


def test_ticks_of_a_long_axis_are_thinned(ax: Axes) -> None:
    heatmap(sizes(betas=tuple(np.linspace(0.05, 1, 20).tolist())), x="beta", y="gamma", ax=ax)
    assert [text.get_text() for text in ax.get_xticklabels()] == [
        "0.05",
        "0.20",
        "0.35",
        "0.50",
        "0.65",
        "0.80",
        "0.95",
    ]


def test_names_and_truth_values_are_axes_too(ax: Axes) -> None:
    frame = sizes(betas=(0.1, 0.2)).assign(policy=["b", "a", "b", "a"], strict=[True, True, False, False])
    heatmap(frame, x="policy", y="strict", ax=ax)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["False", "True"]
    np.testing.assert_array_equal(mesh_of(ax), frame["mean"].to_numpy()[[3, 2, 1, 0]].reshape(2, 2))


def test_a_map_without_any_good_row_is_all_hatched(ax: Axes) -> None:
    heatmap(sizes().assign(mean=np.nan), x="beta", y="gamma", ax=ax)
    ax.figure.draw_without_rendering()
    assert len(hatched(ax)) == 6


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (sizes(), {"x": "beta", "y": "mu"}, "no column 'mu'; it has 'beta', 'gamma'"),
        (sizes(), {"x": "beta", "y": "gamma", "metric": "size"}, "no metric 'size'; it has 'final_size'"),
        (sizes().iloc[:0], {"x": "beta", "y": "gamma"}, "no rows"),
        (pd.concat([sizes(), sizes()]), {"x": "beta", "y": "gamma"}, "several rows"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(
    ax: Axes, frame: pd.DataFrame, options: dict[str, str], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        heatmap(frame, **options, ax=ax)
    assert not ax.has_data()
