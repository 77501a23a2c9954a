"""What is seen while a run goes on: its shards, its pace, and words that stay when the widget is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import IPython
import IPython.display
import pytest
from ipywidgets import HTML, HBox, IntProgress

import faulty_models
import workbench as wb
from run_doubles import FakeClock
from small_runs import plan
from workbench.contract.keys import outcome_key
from workbench.runs.progress import show_progress
from workbench.runs.status import RunStatus, list_landed, run_status
from workbench.storage.memory import MemoryStore

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(400))), shard_size=100)


def status_of(shards: int) -> RunStatus:
    store = MemoryStore()
    for shard_id in range(shards):
        store.put(outcome_key("noise", MANIFEST.run_id, "success", shard_id), b"")
    return run_status(MANIFEST, list_landed(store, MANIFEST))


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Be a notebook's kernel; what it displays, and its widgets."""
    kept: list[dict[str, Any]] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: kept.append(bundle))
    children = HBox.__init__

    def keep(box: HBox, widgets: list[Any], **options: Any) -> None:
        children(box, widgets, **options)
        kept.append({type(widget): widget for widget in widgets})

    monkeypatch.setattr(HBox, "__init__", keep)
    return kept


def test_a_notebook_shows_the_pace_in_its_widgets_alone(displayed: list[dict[str, Any]]) -> None:
    clock = FakeClock()
    with show_progress(MANIFEST, clock) as show:
        widgets, bundle = displayed
        show(status_of(0))
        assert "rows/s" not in widgets[HTML].value
        clock.sleep(10)
        show(status_of(1))
        assert widgets[HTML].value.endswith("RUNNING: 1 of 4 shards, 100 of 400 rows&ensp;10 rows/s, 30 s left")
        clock.sleep(30)
        show(status_of(4))
    assert widgets[HTML].value.endswith("SUCCEEDED: 4 of 4 shards, 400 of 400 rows&ensp;10 rows/s")
    assert (widgets[IntProgress].value, widgets[IntProgress].bar_style) == (4, "success")
    assert displayed == [widgets, bundle]
    assert bundle["text/plain"] == f"{MANIFEST.run_id}: 4 shards"


def test_a_terminal_shows_the_pace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    clock = FakeClock()
    with show_progress(MANIFEST, clock) as show:
        show(status_of(0))
        clock.sleep(10)
        show(status_of(3))
    assert "30 rows/s, 4 s left" in capsys.readouterr().err


def test_a_pipe_shows_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with show_progress(MANIFEST, FakeClock()) as show:
        show(status_of(3))
    assert capsys.readouterr().err == ""
