"""The back ends of this machine: a run is found again, and only what is missing of it is evaluated."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from small_runs import rows_of
from workbench.contract.keys import outcomes_prefix
from workbench.errors import RunConflictError, RunTimeoutError, SweepError, UnknownRunError
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.runs.run import Run

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(6)), replicates=2, seed=3)


@pytest.fixture(params=["serial", "processes"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return wb.serial(tmp_path) if request.param == "serial" else wb.processes(2, root=tmp_path)


def outcomes(run: Run, root: Path) -> dict[str, int]:
    """Every outcome with the time of its last change."""
    keys = LocalStore(root).keys(outcomes_prefix(run.manifest.spec.name, run.run_id))
    return {key: (root / key).stat().st_mtime_ns for key in keys}


def finished(run: Run) -> Run:
    assert run.wait(timeout=60, progress=False).state == "SUCCEEDED"
    return run


def test_a_run_is_complete_and_found_again(backend: Any, tmp_path: Path) -> None:
    run = finished(backend.submit(SWEEP, shard_size=5))
    assert [row["row_index"] for row in rows_of(LocalStore(tmp_path), run.manifest)] == list(range(12))
    before = outcomes(run, tmp_path)
    assert len(before) == 3
    again = finished(backend.submit(SWEEP, shard_size=4))
    assert again.manifest == run.manifest == backend.open(run.run_id).manifest
    assert outcomes(again, tmp_path) == before
    assert backend.run_ids() == [run.run_id]


def test_only_missing_shards_are_evaluated(backend: Any, tmp_path: Path) -> None:
    run = finished(backend.submit(SWEEP, shard_size=2))
    before = outcomes(run, tmp_path)
    rows = rows_of(LocalStore(tmp_path), run.manifest)
    lost = sorted(before)[3]
    (tmp_path / lost).unlink()
    assert run.status().shards.missing == 1
    after = outcomes(finished(backend.submit(SWEEP)), tmp_path)
    assert {key for key in after if after[key] != before[key]} == {lost}
    assert [row["uniform"] for row in rows_of(LocalStore(tmp_path), run.manifest)] == [row["uniform"] for row in rows]


def test_a_fresh_run_is_another_with_the_same_numbers(backend: Any, tmp_path: Path) -> None:
    first = finished(backend.submit(SWEEP, shard_size=12))
    fresh = finished(backend.submit(SWEEP, shard_size=12, fresh=True))
    assert backend.run_ids() == sorted({first.run_id, fresh.run_id})
    assert len(backend.run_ids()) == 2
    one, other = (rows_of(LocalStore(tmp_path), run.manifest) for run in (first, fresh))
    assert [row["normal"] for row in one] == [row["normal"] for row in other]


def test_an_unknown_run(backend: Any) -> None:
    with pytest.raises(UnknownRunError, match=r"there is no run 'noise-0'.*run_ids\(\)"):
        backend.open("noise-0")


def test_a_run_with_a_name(backend: Any) -> None:
    run = finished(backend.submit(SWEEP, run_id="noise-mine"))
    assert (run.run_id, backend.run_ids()) == ("noise-mine", ["noise-mine"])
    assert finished(backend.submit(SWEEP, run_id="noise-mine")).manifest == run.manifest
    with pytest.raises(RunConflictError, match="noise-mine is the run of another sweep"):
        backend.submit(wb.Sweep(faulty_models.noise, wb.product(a=[1])), run_id="noise-mine")
    with pytest.raises(SweepError, match="run_id: 'mine' must be noise-<name>"):
        backend.submit(SWEEP, run_id="mine", row_timeout=-1)


def test_the_time_limit_of_a_row_is_in_the_manifest(backend: Any) -> None:
    assert finished(backend.submit(SWEEP, row_timeout=60)).manifest.row_timeout_s == 60


def test_serial_and_processes_find_each_others_runs(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(SWEEP, shard_size=12)
    found = wb.processes(2, root=tmp_path).submit(SWEEP)
    assert found.run_id == run.run_id
    assert found.status().state == "SUCCEEDED"


def test_failed_rows_are_a_finished_run(backend: Any) -> None:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(4)))
    status = backend.submit(sweep, shard_size=1).wait(timeout=60, progress=False)
    assert (status.state, status.shards.failed, status.rows.succeeded) == ("FAILED", 2, 2)


def test_failed_rows_are_not_evaluated_again(backend: Any, tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(4)))
    run = backend.submit(sweep, shard_size=1)
    run.wait(timeout=60, progress=False)
    before = outcomes(run, tmp_path)
    assert backend.submit(sweep).wait(timeout=60, progress=False).state == "FAILED"
    assert outcomes(run, tmp_path) == before


def test_waiting_has_an_end_and_the_run_goes_on(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    sweep = wb.Sweep(faulty_models.waits_for, wb.product(x=range(2)), fixed={"gate": str(gate)})
    run = wb.processes(1, root=tmp_path / "results").submit(sweep, shard_size=1)
    try:
        with pytest.raises(RunTimeoutError, match=rf"{run.run_id} is not finished after 0 s \(RUNNING: 0 of 2 shards"):
            run.wait(timeout=0, progress=False)
    finally:
        gate.touch()
    finished(run)


def test_two_who_submit_at_once_share_the_run(tmp_path: Path) -> None:
    runs: list[Run] = []

    def submit() -> None:
        runs.append(wb.serial(tmp_path).submit(SWEEP, shard_size=1))

    _at_once(submit, submit)
    assert len({run.run_id for run in runs}) == 1
    assert runs[0].manifest == runs[1].manifest
    assert [row["row_index"] for row in rows_of(LocalStore(tmp_path), runs[0].manifest)] == list(range(12))


def _at_once(*actions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
