"""The grid builder driven as a person would, by its widgets, without a browser."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import ipywidgets
import msgspec
import pytest

import faulty_models
import workbench as wb
from workbench.analysis.usage import Deployment
from workbench.errors import DeploymentError, ExperimentError, SpaceError, SweepError
from workbench.widgets.grid_panel import GridBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.runs.backend import Backend


@pytest.fixture
def serial(tmp_path: Path) -> Backend:
    return wb.serial(tmp_path)


@pytest.fixture
def builder(serial: Backend) -> Iterator[GridBuilder]:
    opened = GridBuilder(serial, experiment=faulty_models.noise)
    yield opened
    assert opened.wait(60) is opened.run
    opened.close()


def type_in(builder: GridBuilder, name: str, kind: str, *texts: str, group: int = 0) -> None:
    row = builder.view.rows[name]
    row.kind.value = kind
    for field, text in zip(row.texts, texts, strict=False):
        field.value = text
    row.group.value = group


def words(builder: GridBuilder, name: str) -> str:
    """What a person reads in a text."""
    return html.unescape(builder.view.text[name])


def test_a_grid_is_typed_and_submitted(builder: GridBuilder) -> None:
    told: list[wb.Run] = []
    builder.on_submit.append(told.append)
    assert builder.view.submit.disabled
    type_in(builder, "a", "linspace", "0", "1", "5")
    type_in(builder, "b", "list", "1, 2")
    builder.view.replicates.value = "3"
    builder.view.seed.value = str(2**64 - 1)
    builder.view.seeding.value = "common"
    assert "10 points × 3 replicates = 30 rows" in words(builder, "size")
    assert "30 shards of 1 row" in words(builder, "shards")
    assert words(builder, "preview").count("<tr>") == 6
    assert not builder.view.submit.disabled
    assert words(builder, "reason") == ""
    builder.view.submit.click()
    run = builder.wait(60)
    assert run is not None
    assert told == [run]
    assert run.status().state == "SUCCEEDED"
    expected = wb.Sweep(
        faulty_models.noise,
        wb.product(a=wb.linspace(0, 1, 5), b=[1, 2]),
        replicates=3,
        seed=2**64 - 1,
        seeding="common",
    )
    assert run.manifest.sweep == builder.sweep.document == expected.document
    assert f"submitted: <b>{run.run_id}</b>" in words(builder, "run")
    assert not builder.view.submit.disabled


def test_errors_stand_at_their_fields_and_nothing_is_submitted(builder: GridBuilder) -> None:
    type_in(builder, "a", "list", "1, x")
    builder.view.replicates.value = "0"
    rows = builder.view.rows
    assert "value 2: 'x' is not a number" in html.unescape(rows["a"].error)
    assert 'role="alert"' in rows["a"].error
    assert rows["b"].error == ""
    assert "at least 1" in words(builder, "replicates-error")
    assert words(builder, "seed-error") == ""
    assert "no grid yet: 2 fields have errors" in words(builder, "size")
    assert "a: value 2: 'x' is not a number: write one such as 0.5 (and 1 more)" in words(builder, "reason")
    assert (builder.view.submit.disabled, builder.view.estimate.disabled) == (True, True)
    assert words(builder, "preview") == ""
    assert "once the form has no errors" in words(builder, "code")
    assert builder.code is None
    with pytest.raises(SweepError, match=r"parameters\.a: value 2"):
        _ = builder.sweep
    builder.view.submit.click()
    builder.view.estimate.click()
    assert builder.wait(60) is None
    type_in(builder, "a", "list", "1, 2")
    builder.view.replicates.value = "1"
    assert rows["a"].error == words(builder, "replicates-error") == ""
    assert not builder.view.submit.disabled


def test_an_estimate_is_shown_when_asked_for(builder: GridBuilder) -> None:
    type_in(builder, "a", "list", "1, 2, 3")
    assert "press Estimate" in words(builder, "estimate-text")
    builder.view.estimate.click()
    builder.wait(60)
    assert "3 rows in 1 shards of 3" in words(builder, "estimate-text")
    assert "cost    nothing" in words(builder, "estimate-text")
    type_in(builder, "a", "list", "1, 2, 3, 4")
    assert "the grid has changed since it was estimated" in words(builder, "estimate-text")


def test_what_varies_is_zipped_by_groups(builder: GridBuilder) -> None:
    type_in(builder, "a", "list", "1, 2", group=1)
    type_in(builder, "b", "range", "0", "2", group=1)
    assert "2 points" in words(builder, "size")
    assert builder.sweep.document.space == wb.zipped(a=[1.0, 2.0], b=range(2))
    assert "wb.zipped(a=[1.0, 2.0], b=range(0, 2))" in words(builder, "code")
    builder.view.rows["b"].group.value = 0
    assert "4 points" in words(builder, "size")


def test_the_code_names_experiments_as_they_are_found(builder: GridBuilder) -> None:
    type_in(builder, "a", "list", "1")
    assert (builder.code or "").endswith("sweep = wb.Sweep(noise, wb.product(a=[1.0]))\n")
    builder.view.experiment.value = "mmc_queue"
    type_in(builder, "arrival_rate", "list", "0.5")
    assert (builder.code or "").endswith("sweep = wb.Sweep('mmc_queue', wb.product(arrival_rate=[0.5]))\n")
    assert "<button" in builder.view.text["code"]


def test_another_experiment_has_its_own_fields_and_the_first_keeps_its_texts(builder: GridBuilder) -> None:
    type_in(builder, "a", "list", "1, 2, 3")
    builder.view.experiment.value = "mmc_queue"
    assert list(builder.view.rows) == ["arrival_rate", "service_rate", "servers", "horizon", "warmup"]
    assert "first-come-first-served" in words(builder, "doc")
    builder.view.experiment.value = "noise"
    assert builder.view.rows["a"].texts[0].value == "1, 2, 3"
    assert "3 points" in words(builder, "size")


def test_the_fields_are_those_of_the_kind(builder: GridBuilder) -> None:
    row = builder.view.rows["b"]

    def shown() -> list[str]:
        return [field.description.rpartition(">")[2] for field in row.texts if field.layout.display != "none"]

    assert (row.kind.value, shown(), row.group.layout.display) == ("default", [], "none")
    row.kind.value = "range"
    assert (shown(), row.group.layout.display) == (["start", "stop (left out)", "step"], None)
    row.kind.value = "fixed"
    assert (shown(), row.group.layout.display) == (["value"], "none")
    assert "linspace" not in row.kind.options
    assert "linspace" in builder.view.rows["a"].kind.options


def test_an_earlier_run_is_loaded_by_its_id(builder: GridBuilder, serial: Backend) -> None:
    space = wb.product(wb.zipped(b=[1, 2], a=[0.5, 0.7]), c=["x, y", "z"])
    run = serial.submit(wb.Sweep(faulty_models.noise, space, seed=7, fixed={"d": True}))
    type_in(builder, "a", "list", "9")
    builder.view.run_id.value = "noise-unknown"
    builder.view.load.click()
    assert "noise-unknown" in words(builder, "load-error")
    assert builder.view.rows["a"].texts[0].value == "9"
    builder.view.run_id.value = f" {run.run_id} "
    builder.view.load.click()
    assert (words(builder, "load-error"), words(builder, "note")) == ("", "")
    assert builder.view.rows["c"].texts[0].value == "'x, y', z"
    assert builder.view.seed.value == "7"
    assert builder.sweep.document == run.manifest.sweep
    builder.view.submit.click()
    submitted = builder.wait(60)
    assert submitted is not None
    assert submitted.run_id == run.run_id


def test_a_sweep_or_a_run_opens_a_builder(serial: Backend) -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=range(3)), replicates=2)
    assert GridBuilder.load(sweep).sweep.document == sweep.document
    queue = wb.Sweep("mmc_queue", wb.product(arrival_rate=[0.5]), fixed={"horizon": 9.0})
    opened = GridBuilder.load(serial.submit(queue), serial)
    assert opened.sweep.document == queue.document
    assert opened.backend is serial


def test_what_the_form_cannot_show_is_refused_and_the_form_is_left(builder: GridBuilder, serial: Backend) -> None:
    type_in(builder, "a", "list", "9")
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=[1, 2, 3]).where(lambda point: point["a"] != 2))
    with pytest.raises(SpaceError, match="The form was left as it was"):
        builder.fill(sweep)
    builder.view.run_id.value = serial.submit(sweep).run_id
    builder.view.load.click()
    assert "this sweep keeps some points of a larger space" in words(builder, "load-error")
    assert builder.sweep.document.space == wb.product(a=[9.0])


def test_a_run_of_other_code_says_so(builder: GridBuilder, serial: Backend) -> None:
    run = serial.submit(wb.Sweep(faulty_models.noise, wb.product(a=[1, 2])))
    older = msgspec.structs.replace(run.manifest.sweep, fingerprint="0" * 32)
    run.manifest = msgspec.structs.replace(run.manifest, sweep=older)
    builder.fill(run)
    assert "the code of noise has changed since" in words(builder, "note")
    run.manifest = msgspec.structs.replace(run.manifest, sweep=msgspec.structs.replace(older, experiment="gone"))
    with pytest.raises(ExperimentError, match="no experiment is named 'gone'"):
        builder.fill(run)


class Refusing:
    """A back end that is out of reach."""

    deployment = Deployment()

    def submit(self, _: wb.Sweep) -> wb.Run:
        raise DeploymentError("no stack <answers>: start it")

    def open(self, run_id: str) -> wb.Run:
        raise ValueError(run_id)

    def run_ids(self) -> list[str]:
        return []


def test_a_submission_that_fails_says_why_and_can_be_repeated(serial: Backend) -> None:
    builder = GridBuilder({"far": Refusing(), "near": serial}, experiment=faulty_models.noise)
    type_in(builder, "a", "list", "1, 2")
    assert "a few rows are tried first" in words(builder, "shards")
    builder.view.submit.click()
    assert builder.wait(60) is None
    assert "no stack &lt;answers&gt;: start it" in builder.view.text["submit-error"]
    assert not builder.view.submit.disabled
    builder.view.run_id.value = "lost"
    builder.view.load.click()
    assert "ValueError: lost" in words(builder, "load-error")
    builder.view.backend.value = "near"
    assert "a few rows are tried first" not in words(builder, "shards")
    builder.view.submit.click()
    assert builder.wait(60) is not None
    assert words(builder, "submit-error") == ""


def test_what_follows_a_submission_may_fail_too(builder: GridBuilder) -> None:
    def fail(_: wb.Run) -> None:
        raise RuntimeError("no monitor")

    builder.on_submit.append(fail)
    type_in(builder, "a", "list", "1")
    builder.view.submit.click()
    run = builder.wait(60)
    assert run is not None
    assert "RuntimeError: no monitor" in words(builder, "submit-error")
    assert run.run_id in words(builder, "run")


def test_without_a_back_end_there_is_still_code() -> None:
    builder = GridBuilder(experiment="mmc_queue")
    type_in(builder, "arrival_rate", "list", "0.5")
    assert builder.view.backend.disabled
    assert "there is no back end to submit to: give one, as in GridBuilder(wb.serial())" in words(builder, "reason")
    assert builder.code is not None
    builder.view.load.click()
    assert "there is no back end" in words(builder, "load-error")


def test_an_unknown_experiment() -> None:
    with pytest.raises(ExperimentError, match="did you mean 'mmc_queue'"):
        GridBuilder(experiment="mmc_qeue")


def test_every_control_has_a_label_and_a_class(builder: GridBuilder) -> None:
    controls = [
        widget
        for widget in descendants(builder.view.box)
        if isinstance(widget, ipywidgets.Text | ipywidgets.Dropdown | ipywidgets.Button)
    ]
    assert all(control.description and control.tooltip for control in controls if control.layout.display != "none")
    classes = [next(name for name in control._dom_classes if name.startswith("wb-grid-")) for control in controls]  # noqa: SLF001
    named = ["wb-grid-kind-a", "wb-grid-stop-a", "wb-grid-count-a", "wb-grid-zip-a", "wb-grid-submit"]
    assert set(named) <= set(classes)


def descendants(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


def test_a_saved_notebook_keeps_words(builder: GridBuilder) -> None:
    bundle = builder._repr_mimebundle_()
    assert bundle["text/plain"] == "GridBuilder(noise)"
    assert "application/vnd.jupyter.widget-view+json" in bundle
