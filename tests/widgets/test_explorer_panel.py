"""An explorer is driven by its widgets: it draws what is chosen, and the code that it shows draws the same."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import faulty_models
import workbench as wb
from workbench.experiments import mmc_queue
from workbench.widgets.explorer_draw import table_html
from workbench.widgets.explorer_panel import ResultsExplorer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.runs.run import Run

mpl.use("Agg")
PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def no_figure_is_left() -> Iterator[None]:
    plt.close("all")
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert left == []


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root: Path = tmp_path_factory.mktemp("queue")
    space = wb.product(arrival_rate=[0.5, 0.8], servers=[1, 2], service_rate=[1.0, 1.5])
    return wb.serial(root).submit(wb.Sweep(mmc_queue, space, fixed={"horizon": 50.0}, replicates=2), shard_size=4)


def drawn_by(code: str, run: Run) -> bytes:
    """Execute code as a notebook does."""
    axes = eval(code, {"run": run})  # noqa: S307 -- the very code that is shown
    figure = getattr(axes, "flat", [axes])[0].figure
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    plt.close(figure)
    return picture.getvalue()


def test_every_kind_draws_what_its_code_draws(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    pictures = []
    for kind in ("lines", "heatmap", "panels", "pareto", "effects"):
        explorer.view.kind.value = kind
        assert explorer.view.text["error"] == ""
        assert explorer.view.picture.startswith(PNG)
        assert explorer.view.picture == drawn_by(explorer.code, queue)
        assert "wb-table" in explorer.view.text["table"]
        pictures.append(explorer.view.picture)
    assert len(set(pictures)) == 5


def test_a_table_is_what_its_code_returns(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    view = explorer.view
    view.kind.value = "table"
    view.fields["by"].value = ("servers",)
    view.fields["metrics"].value = ("mean_wait", "utilisation")
    view.fields["stats"].value = ("mean", "p95")
    view.filters["arrival_rate"].value = (0.8,)
    assert explorer.code == (
        'run.aggregate(by=["servers"], metrics=["mean_wait", "utilisation"], stats=["mean", "p95"], '
        'where={"arrival_rate": 0.8})'
    )
    assert view.picture == b""
    assert explorer.table is not None
    pd.testing.assert_frame_equal(explorer.table, eval(explorer.code, {"run": queue}))  # noqa: S307 -- as above
    assert "4 lines" in view.text["table"]


def test_what_is_chosen_changes_the_picture_and_the_code(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    view = explorer.view
    assert explorer.code == 'run.plot.lines(x="arrival_rate", y="mean_wait")'
    assert "arrival_rate" in view.text["code"]
    pictures = [view.picture]
    for widget, value in (
        (view.fields["hue"], "servers"),
        (view.fields["metric"], "utilisation"),
        (view.fields["x"], "service_rate"),
        (view.filters["arrival_rate"], (0.5,)),
    ):
        widget.value = value
        pictures.append(view.picture)
    assert len(set(pictures)) == 5
    assert explorer.code == (
        'run.plot.lines(x="service_rate", y="utilisation", hue="servers", where={"arrival_rate": 0.5})'
    )


def test_a_colour_can_be_taken_away_again(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    hue = explorer.view.fields["hue"]
    before = explorer.view.picture
    assert hue.label == "(none)"
    hue.value = "servers"
    assert explorer.state.hue == "servers"
    hue.label = "(none)"
    assert explorer.state.hue is None
    assert explorer.view.picture == before


def test_values_are_short_and_told_apart(tmp_path: Path) -> None:
    space = wb.product(x=[0.1 + 0.2, 0.5], label=["s"])
    view = ResultsExplorer(wb.serial(tmp_path).submit(wb.Sweep(faulty_models.squares, space))).view
    assert [text for text, _ in view.filters["x"].options] == ["0.3", "0.5"]
    space = wb.product(x=[0.1 + 0.2, 0.3])
    view = ResultsExplorer(wb.serial(tmp_path).submit(wb.Sweep(faulty_models.squares, space))).view
    assert [text for text, _ in view.filters["x"].options] == ["0.30000000000000004", "0.3"]


def test_a_wrong_choice_is_told_at_its_field_and_leaves_the_chart(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    view = explorer.view
    before = view.picture
    view.fields["hue"].value = "arrival_rate"
    assert "arrival_rate is the x already" in view.text["hue-error"]
    assert (view.picture, explorer.code, view.draw.disabled) == (before, "", True)
    assert "not what is chosen" in view.text["busy"]
    view.draw.click()
    assert view.picture == before
    view.fields["hue"].value = "servers"
    assert (view.text["hue-error"], view.text["busy"], view.draw.disabled) == ("", "", False)
    assert view.picture != before


def test_what_the_engine_refuses_is_shown_and_leaves_the_chart(queue: Run) -> None:
    explorer = ResultsExplorer(queue)
    view = explorer.view
    view.filters["arrival_rate"].value = (0.5,)
    view.filters["servers"].value = (1,)
    view.filters["service_rate"].value = (1.0,)
    before = view.picture
    view.kind.value = "effects"
    assert "none of them varies" in view.text["error"]
    assert view.picture == before
    view.kind.value = "lines"
    assert view.text["error"] == ""


def test_a_query_that_costs_something_waits_for_the_button(queue: Run) -> None:
    explorer = ResultsExplorer(queue, at_once=False)
    view = explorer.view
    view.fields["x"].value = "servers"
    assert view.picture == b""
    assert "may cost" in view.text["busy"]
    view.draw.click()
    assert view.picture.startswith(PNG)
    assert view.text["busy"] == ""


def test_fields_that_a_kind_does_not_read_are_hidden(queue: Run) -> None:
    view = ResultsExplorer(queue).view
    shown = {field for field, place in view.places.items() if place.layout.display is None}
    assert shown == {"metric", "x", "hue"}
    view.kind.value = "pareto"
    shown = {field for field, place in view.places.items() if place.layout.display is None}
    assert shown == {"metrics", "maximised"}


def test_a_run_without_rows_says_so(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    sweep = wb.Sweep(faulty_models.misbehaves, wb.product(x=[3]), fixed={"how": "raise"})
    explorer = ResultsExplorer(backend.submit(sweep))
    assert explorer.view.picture == b""
    assert "choose one" in explorer.view.text["x-error"]
    assert explorer.table is None


def test_a_saved_notebook_keeps_words(queue: Run) -> None:
    bundle: dict[str, Any] = ResultsExplorer(queue)._repr_mimebundle_()
    assert bundle["text/plain"] == f"ResultsExplorer({queue.run_id})"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_texts_of_a_table_are_escaped_and_long_tables_are_cut() -> None:
    html = table_html(pd.DataFrame({"<a>": ["<script>"] * 201}))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<tr>") == 200
    assert "the first 200 of 201 lines" in html


def test_every_widget_that_tests_and_styles_know_has_its_class(queue: Run) -> None:
    view = ResultsExplorer(queue).view
    found: set[str] = set()
    waiting = [view.box]
    while waiting:
        widget = waiting.pop()
        found.update(widget.get_state("_dom_classes")["_dom_classes"])
        waiting.extend(getattr(widget, "children", ()))
    names = "kind metric x hue y panel by stats metrics draw chart code error busy table hue-error filter-servers"
    assert {f"wb-explorer-{name}" for name in names.split()} <= found
