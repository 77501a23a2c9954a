"""A monitor is driven by its widgets: it sees its run end, cancels, resumes and attaches, and hides no error."""

from __future__ import annotations

import os
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import IPython
import pytest

import faulty_models
import workbench as wb
from run_doubles import FakeControl
from small_runs import plan
from workbench.errors import QueryError, UnknownRunError
from workbench.runs.run import Run
from workbench.storage.memory import MemoryStore
from workbench.widgets.kernel import displays_nothing
from workbench.widgets.monitor_panel import RunMonitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 60
PNG = b"\x89PNG"


def waiting(folder: Path, points: int = 6) -> wb.Sweep:
    return wb.Sweep(faulty_models.marks_and_waits, wb.product(x=range(points)), fixed={"folder": str(folder)})


def raising() -> wb.Sweep:
    return wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(6)), replicates=2)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what other threads do; the test's own time limit is the only one."""
    while not condition():
        time.sleep(0.005)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[RunMonitor, Any]]:
    """A monitor of a run whose rows wait until the file `gate` is there."""
    backend = wb.processes(2, root=tmp_path / "results")
    run = backend.submit(waiting(tmp_path), shard_size=2)
    monitor = RunMonitor(backend, run)
    until(lambda: monitor.state.status is not None)
    yield monitor, run
    monitor.close()
    backend.stop()


def test_a_monitor_sees_its_run_end(watched: tuple[RunMonitor, Any], tmp_path: Path) -> None:
    monitor, run = watched
    assert run.run_id in monitor.view.text["status"]
    assert "RUNNING: 0 of 3 shards" in monitor.view.text["status"]
    assert "3 missing" in monitor.view.text["shards"]
    (tmp_path / "gate").touch()
    status = monitor.wait(SECONDS)
    assert status is not None
    assert status.state == "SUCCEEDED"
    assert not monitor.state.watching
    assert "SUCCEEDED: 3 of 3 shards" in monitor.view.text["status"]
    assert "3 succeeded" in monitor.view.text["shards"]
    assert monitor.view.picture.startswith(PNG)
    assert (monitor.view.cancel.disabled, monitor.view.resume.disabled) == (True, True)
    assert "Resume: every row is good" in monitor.view.text["hints"]


def test_cancel_is_asked_twice_then_the_run_is_resumed(watched: tuple[RunMonitor, Any], tmp_path: Path) -> None:
    monitor, run = watched
    view = monitor.view
    view.confirm.click()  # nobody has asked
    view.cancel.click()
    assert view.confirm.tooltip
    assert monitor.state.asked_to_cancel
    view.keep.click()
    assert not monitor.state.asked_to_cancel
    assert run.status().state == "RUNNING"
    view.cancel.click()
    view.confirm.click()
    status = monitor.wait(SECONDS)
    assert status is not None
    assert (status.state, status.rows.cancelled) == ("ABORTED", 6)
    assert "CANCELLED" in view.text["failures"]
    assert "<td>6</td>" in view.text["failures"]
    assert (view.cancel.disabled, view.resume.disabled) == (True, False)

    (tmp_path / "gate").touch()
    view.resume.click()
    status = monitor.wait(SECONDS)
    assert status is not None
    assert (status.state, status.generation) == ("SUCCEEDED", 1)
    assert view.text["failures"] == ""


def test_no_process_is_forked_where_a_run_is_watched_or_asked(watched: tuple[RunMonitor, Any], tmp_path: Path) -> None:
    forked: list[str] = []
    os.register_at_fork(before=lambda: forked.append(threading.current_thread().name))
    monitor, run = watched
    monitor.view.cancel.click()
    monitor.view.confirm.click()
    monitor.wait(SECONDS)
    (tmp_path / "gate").touch()
    monitor.view.resume.click()
    monitor.wait(SECONDS)
    assert monitor.state.status is not None
    assert monitor.state.status.state == "SUCCEEDED"
    # A worker dies with the thread that forked it, and inherits the locks that other threads hold.
    assert set(forked) == {f"evaluates {run.run_id}"}


def test_a_run_is_attached_by_its_id_and_a_wrong_one_is_an_error_at_the_field(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    first = backend.submit(raising(), shard_size=4)
    second = backend.submit(wb.Sweep(faulty_models.squares, wb.product(x=[1.0, 2.0])))
    monitor = RunMonitor(backend)
    assert "No run is attached" in monitor.view.text["status"]
    assert "Cancel, Resume: no run is attached" in monitor.view.text["hints"]
    type_id(monitor, "  ")
    assert "type the id of a run" in monitor.view.text["fault"]
    type_id(monitor, f" {first.run_id} ")
    monitor.wait(SECONDS)
    assert monitor.view.text["fault"] == ""
    assert "ValueError" in monitor.view.text["failures"]
    assert "is a multiple of 3" in monitor.view.text["failures"]
    before = monitor.view.text["status"], monitor.view.picture
    type_id(monitor, "<b>no</b>")
    assert "&lt;b&gt;no&lt;/b&gt;" in monitor.view.text["fault"]
    assert (monitor.view.text["status"], monitor.view.picture) == before
    type_id(monitor, second.run_id)
    monitor.wait(SECONDS)
    assert second.run_id in monitor.view.text["status"]
    assert monitor.view.text["failures"] == ""
    assert monitor.view.picture != before[1]


def type_id(monitor: RunMonitor, text: str) -> None:
    monitor.view.run_id.value = text
    monitor.view.attach.click()


def test_a_serial_run_is_resumed_without_blocking_whoever_clicks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", "faulty_models")
    folder = tmp_path / "models"
    folder.mkdir()
    backend = wb.serial(tmp_path / "results")
    elsewhere = wb.processes(1, root=tmp_path / "results")
    run = elsewhere.submit(waiting(folder), shard_size=2)
    elsewhere.stop()
    monitor = RunMonitor(backend, run.run_id)
    monitor.wait(SECONDS)
    assert "is evaluated by nobody" in monitor.view.text["trouble"]
    assert not monitor.view.resume.disabled
    monitor.view.resume.click()
    assert monitor.state.doing == "resume"
    assert (monitor.view.resume.disabled, monitor.view.cancel.disabled) == (True, True)
    (folder / "gate").touch()
    status = monitor.wait(SECONDS)
    assert status is not None
    assert status.state == "SUCCEEDED"


def test_what_the_service_refuses_is_shown(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    run = backend.submit(raising())
    monitor = RunMonitor(backend, run.run_id)
    monitor.wait(SECONDS)
    # The experiment is not deployed here: a run that was opened does not know its code.
    monitor.view.include.value = "all"
    monitor.view.resume.click()
    monitor.wait(SECONDS)
    assert monitor.state.doing is None
    assert "sometimes_raises" in monitor.view.text["trouble"]
    assert not monitor.view.resume.disabled


def test_an_error_in_the_thread_is_shown() -> None:
    manifest = plan(raising())

    class Lost(MemoryStore):
        def keys(self, prefix: str) -> Iterator[str]:
            raise ConnectionError(f"<no> {prefix}")

    run = Run(manifest, Lost(), engine=SimpleNamespace(), control=FakeControl())
    monitor = RunMonitor(wb.serial("nowhere"), run)
    monitor.wait(SECONDS)
    assert "ConnectionError: &lt;no&gt;" in monitor.view.text["trouble"]
    assert "attach it again" in monitor.view.text["trouble"]
    assert not monitor.state.watching


def test_no_thread_goes_on_after_another_run_or_the_end(watched: tuple[RunMonitor, Any], tmp_path: Path) -> None:
    monitor, run = watched
    first = threads(run.run_id)
    assert len(first) == 1
    monitor.attach(run.run_id)
    second = [thread for thread in threads(run.run_id) if thread not in first]
    first[0].join(SECONDS)
    assert [thread.is_alive() for thread in (*first, *second)] == [False, True]
    monitor.close()
    second[0].join(SECONDS)
    assert not second[0].is_alive()
    assert monitor.state.closed
    assert run.status().state == "RUNNING"
    monitor.view.attach.click()
    monitor.attach(run)
    assert threads(run.run_id) == []
    monitor.close()  # once more does no harm
    (tmp_path / "gate").touch()


def threads(run_id: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"watches {run_id}"]


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    with pytest.raises(UnknownRunError):
        RunMonitor(backend, "noise-123")
    run = backend.submit(raising())
    with pytest.raises(QueryError, match="valve"):
        RunMonitor(backend, run, metric="valve")
    monitor = RunMonitor(backend, metric="valve")
    type_id(monitor, run.run_id)
    assert "valve" in monitor.view.text["fault"]


def test_a_saved_notebook_keeps_words(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    run = backend.submit(raising())
    monitor = RunMonitor(backend, run)
    bundle = monitor._repr_mimebundle_()
    assert bundle["text/plain"] == f"RunMonitor({run.run_id})"
    assert "application/vnd.jupyter.widget-view+json" in bundle
    monitor.wait(SECONDS)


def test_every_widget_that_tests_and_styles_know_has_its_class(tmp_path: Path) -> None:
    view = RunMonitor(wb.serial(tmp_path)).view
    found: set[str] = set()
    waiting = [view.box]
    while waiting:
        widget = waiting.pop()
        found.update(widget.get_state("_dom_classes")["_dom_classes"])
        waiting.extend(getattr(widget, "children", ()))
    names = "cancel confirm keep resume include run-id attach status failures chart shards error run-id-error"
    assert {f"wb-monitor-{name}" for name in names.split()} <= found


def test_a_kernel_draws_in_its_own_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[[], None]] = []
    loop = SimpleNamespace(add_callback=calls.append)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=SimpleNamespace(io_loop=loop)))
    backend = wb.processes(1, root=tmp_path)
    monitor = RunMonitor(backend, backend.submit(raising(), shard_size=4))
    monitor.wait(SECONDS)
    assert calls
    assert monitor.view.picture == b""
    calls[-1]()
    assert monitor.view.picture.startswith(PNG)
    backend.stop()


def test_what_a_thread_displays_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Callable[[object], object]] = []
    publisher = SimpleNamespace(register_hook=hooks.append, unregister_hook=hooks.remove)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(display_pub=publisher))
    with displays_nothing():
        assert [hook({"msg_type": "display_data"}) for hook in hooks] == [None]
    assert hooks == []
