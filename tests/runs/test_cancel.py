"""A run on this machine is cancelled by anybody, whoever evaluates it, and goes on when it is resumed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import faulty_models
import workbench as wb
from small_runs import rows_of
from workbench.contract.keys import control_key
from workbench.runs.presence import Presence
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SECONDS = 60


def sweep(folder: Path) -> wb.Sweep:
    return wb.Sweep(faulty_models.marks_and_waits, wb.product(x=range(6)), fixed={"folder": str(folder)})


def until(folder: Path, pattern: str) -> None:
    """Wait for what others do; the test's own time limit is the only one."""
    while not list(folder.glob(pattern)):
        time.sleep(0.01)


def codes(run: Any, folder: Path) -> list[str | None]:
    return [row["error_code"] for row in rows_of(LocalStore(folder / "results"), run.manifest)]


def test_cancel_and_resume_while_it_is_evaluated(tmp_path: Path) -> None:
    backend = wb.processes(2, root=tmp_path / "results")
    run = backend.submit(sweep(tmp_path), shard_size=2)
    until(tmp_path, "started-*")
    elsewhere = wb.serial(tmp_path / "results").open(run.run_id)
    elsewhere.cancel()
    status = run.wait(timeout=SECONDS, progress=False)
    assert (status.state, status.rows.cancelled, status.shards.cancelled) == ("ABORTED", 6, 3)
    assert codes(run, tmp_path) == ["CANCELLED"] * 6
    assert run.cancel() == elsewhere.cancel() == status  # it has ended
    again = backend.submit(sweep(tmp_path))
    assert again.status() == status  # to submit is not to resume

    (tmp_path / "gate").touch()
    assert again.resume().generation == 1
    assert again.wait(timeout=SECONDS, progress=False).state == "SUCCEEDED"
    assert again.failures().empty
    assert again.coverage()["good"].tolist() == [6]


def test_cancel_and_at_once_resume(tmp_path: Path) -> None:
    run = wb.processes(2, root=tmp_path / "results").submit(sweep(tmp_path), shard_size=2)
    until(tmp_path, "started-*")
    run.cancel()
    (tmp_path / "gate").touch()
    run.resume()
    ended = run.wait(timeout=SECONDS, progress=False)
    assert (ended.state, ended.generation) == ("SUCCEEDED", 1)


def test_a_run_that_nobody_evaluates_is_cancelled_by_who_asks(tmp_path: Path) -> None:
    backend = wb.processes(2, root=tmp_path / "results")
    run = backend.submit(sweep(tmp_path), shard_size=2)
    until(tmp_path, "started-*")
    backend.stop()
    assert run.status().state == "RUNNING"
    status = run.cancel()
    assert (status.state, status.rows.cancelled) == ("ABORTED", 6)
    assert run.failures()["count"].tolist() == [6]


def test_the_serial_back_end_stops_between_shards(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path / "results")
    submitted: list[Any] = []
    evaluating = threading.Thread(target=lambda: submitted.append(backend.submit(sweep(tmp_path), shard_size=2)))
    evaluating.start()
    until(tmp_path, "started-*")
    (run_id,) = backend.run_ids()
    backend.open(run_id).cancel()
    (tmp_path / "gate").touch()
    evaluating.join()
    status = submitted[0].status()
    assert (status.state, status.rows.succeeded, status.rows.cancelled) == ("ABORTED", 2, 4)
    assert submitted[0].resume().state == "SUCCEEDED"


def test_a_resume_that_was_interrupted_is_gone_on_with_as_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    fixed = {"how": "raise", "flag": str(flag)}
    fails = wb.Sweep(faulty_models.misbehaves, wb.product(x=range(6)), fixed=fixed)
    backend = wb.serial(tmp_path / "results")
    run = backend.submit(fails, shard_size=2)
    assert run.resume(include="all").generation == 1
    # As if its process had been killed at once.
    for key in list(LocalStore(tmp_path / "results").keys("reports/")):
        (tmp_path / "results" / key).unlink()
    assert run.status().state == "RUNNING"
    flag.unlink()
    again = backend.submit(fails)
    assert (again.status().state, again.status().generation) == ("SUCCEEDED", 1)


def test_presence_is_seen_and_ends(tmp_path: Path) -> None:
    presence, other = Presence(tmp_path, "noise-1"), Presence(tmp_path, "noise-1")
    assert not presence.anybody
    assert list(tmp_path.iterdir()) == []  # to look leaves nothing
    with presence.held(), other.held():
        assert presence.anybody
        assert other.anybody
        assert not Presence(tmp_path, "noise-2").anybody
    assert not presence.anybody


def test_two_who_evaluate_the_same_run_do_no_harm(tmp_path: Path) -> None:
    one, other = (wb.processes(2, root=tmp_path / "results") for _ in range(2))
    runs = [backend.submit(sweep(tmp_path), shard_size=2) for backend in (one, other)]
    until(tmp_path, "started-*")
    (tmp_path / "gate").touch()
    assert {run.wait(timeout=SECONDS, progress=False).state for run in runs} == {"SUCCEEDED"}
    assert codes(runs[0], tmp_path) == [None] * 6
    one.stop()
    other.stop()


def test_the_tombstone_says_who_and_stops_its_generation_only(tmp_path: Path) -> None:
    backend = wb.processes(1, root=tmp_path / "results")
    run = backend.submit(sweep(tmp_path), shard_size=6)
    until(tmp_path, "started-*")
    backend.stop()
    run.cancel()
    store = LocalStore(tmp_path / "results")
    tombstone = store.get(control_key(run.run_id, 0, "cancelled"))
    assert tombstone is not None
    assert b'"by":"' in tombstone
    (tmp_path / "gate").touch()
    run.resume()
    assert run.wait(timeout=SECONDS, progress=False).state == "SUCCEEDED"
    assert store.get(control_key(run.run_id, 1, "cancelled")) is None
