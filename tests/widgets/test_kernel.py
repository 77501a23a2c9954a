"""What a person types before a click counts, although the click overtakes it on its way to the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import IPython
import pytest

import faulty_models
import workbench as wb
from workbench.widgets import GridBuilder, RunMonitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Loop:
    """A kernel's loop whose time passes when the test says so."""

    later: list[Callable[[], None]] = field(default_factory=list)

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds > 0
        self.later.append(call)

    def add_callback(self, call: Callable[..., None], *arguments: object) -> None:
        call(*arguments)

    def pass_time(self) -> None:
        due, self.later = self.later, []
        for call in due:
            call()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=SimpleNamespace(io_loop=loop)))
    return loop


def test_a_grid_is_submitted_as_it_was_typed(loop: Loop, tmp_path: Path) -> None:
    builder = GridBuilder(wb.serial(tmp_path), experiment=faulty_models.noise)
    row = builder.view.rows["a"]
    row.kind.value, row.texts[0].value = "list", "1"
    builder.view.submit.click()
    builder.view.submit.click()
    row.texts[0].value = "1, 2, 3"
    assert builder.run is None
    loop.pass_time()
    run = builder.wait(60)
    assert run is not None
    assert run.manifest.n_rows == 3
    assert wb.serial(tmp_path).run_ids() == [run.run_id]


def test_a_run_is_attached_by_the_id_that_was_typed(loop: Loop, tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    run = backend.submit(wb.Sweep(faulty_models.noise, wb.product(a=[1])))
    monitor = RunMonitor(backend)
    monitor.view.run_id.value = "noise-"
    monitor.view.attach.click()
    monitor.view.run_id.value = run.run_id
    loop.pass_time()
    status = monitor.wait(60)
    assert status is not None
    assert (monitor.state.run_id, status.state) == (run.run_id, "SUCCEEDED")
