"""Which experiments a grid builder offers, where one of their modules is broken."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from workbench.contract import Environment
from workbench.errors import ExperimentError
from workbench.widgets.grid_panel import GridBuilder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_module_that_cannot_be_imported_is_told_with_its_line_and_costs_only_its_own_experiments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab_torn.py").write_text("x = 1\n\ny = x / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(Environment.EXPERIMENTS, "lab_torn")
    builder = GridBuilder(experiment="mmc_queue")
    told = html.unescape(builder.view.text["left-out"])
    assert "experiments module 'lab_torn' cannot be imported: ZeroDivisionError" in told
    assert f"{tmp_path / 'lab_torn.py'}, line 3" in told
    assert builder.view.experiment.options == ("mmc_queue", "ride_hailing", "sir_epidemic")
    with pytest.raises(ExperimentError, match=r"lab_torn\.py, line 3"):
        GridBuilder(experiment="torn")


def test_nothing_is_told_where_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(Environment.EXPERIMENTS, raising=False)
    assert not GridBuilder().view.text["left-out"]
