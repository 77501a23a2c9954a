from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from workbench.charts.effects import effects
from workbench.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shares(*small: float) -> pd.DataFrame:
    rows: list[tuple[str, tuple[str, ...], float]] = [
        ("arrival_rate", ("arrival_rate",), 0.3),
        ("servers", ("servers",), 0.55),
        ("servers × arrival_rate", ("servers", "arrival_rate"), 0.098),
        *((f"p{number}", (f"p{number}",), share) for number, share in enumerate(small)),
        ("rest", (), 0.052),
    ]
    return pd.DataFrame(rows, columns=["term", "parameters", "share"])


def bars(ax: Axes) -> dict[str, float]:
    """Widths by label, from the top."""
    texts = [text.get_text() for text in ax.get_yticklabels()]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    return dict(zip(texts, [bar.get_width() for bar in ax.patches], strict=True))


def test_each_term_is_a_bar_the_largest_on_top_and_the_rest_below(ax: Axes) -> None:
    assert effects(shares(), ax=ax) is ax
    widths = {"Servers": 0.55, "Arrival rate": 0.3, "Servers × Arrival rate": 0.098, "Rest": 0.052}
    assert list(bars(ax).items()) == list(widths.items())
    assert [text.get_text() for text in ax.texts] == ["55 %", "30 %", "9.8 %", "5.2 %"]


def test_kinds_are_told_apart_and_explained(ax: Axes) -> None:
    effects(shares(), ax=ax)
    colours = [to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours[0] == colours[1]
    assert len(set(colours)) == 3
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["one parameter", "interaction of two", "all else"]
    assert [to_hex(patch.get_facecolor()) for patch in legend.get_patches()] == colours[1:]


def test_labels_are_words_of_the_caller(ax: Axes) -> None:
    effects(shares(), metric="mean_wait", labels={"servers": "Hosts", "mean_wait": "Wait"}, ax=ax)
    assert list(bars(ax))[:3] == ["Hosts", "Arrival rate", "Hosts × Arrival rate"]
    assert ax.get_xlabel() == "Share of variance: Wait"


@pytest.mark.parametrize(("shared", "sum_of_shares"), [(-0.27, "127 %"), (0.2, "80 %")])
def test_an_incomplete_grid_is_said_so(ax: Axes, shared: float, sum_of_shares: str) -> None:
    frame = pd.concat([shares(), pd.DataFrame([{"term": "shared", "parameters": (), "share": shared}])])
    effects(frame, ax=ax)
    assert ax.get_xlabel() == f"Share of variance\n(incomplete grid: the shares add up to {sum_of_shares})"
    assert "Shared" not in bars(ax)


def test_many_small_terms_are_one_bar(ax: Axes) -> None:
    effects(shares(*[0.001] * 12), ax=ax)
    drawn = bars(ax)
    assert len(drawn) == 14
    assert drawn["3 smaller terms"] == pytest.approx(0.003)
    assert list(drawn)[-2:] == ["3 smaller terms", "Rest"]


def test_a_new_figure_is_as_high_as_its_bars_need() -> None:
    low, high = effects(shares()).figure, effects(shares(*[0.001] * 9)).figure
    assert high.get_size_inches()[1] > low.get_size_inches()[1]


@pytest.mark.parametrize(
    ("frame", "message"), [(shares().drop(columns="share"), "no column 'share'"), (shares().iloc[:0], "no rows")]
)
def test_what_cannot_be_drawn_is_refused_by_name(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        effects(frame)
    assert plt.get_fignums() == []
