"""The process back end loses a row to what a row does, a shard to what kills a worker, and nothing else."""

from __future__ import annotations

import dataclasses
import importlib
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from small_runs import rows_of
from workbench.errors import CodeMismatchError, ExperimentError, RunStalledError
from workbench.experiments import experiment
from workbench.runs.loading import load_answers
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.runs.local import ProcessBackend, StartMethod
    from workbench.runs.run import Run

SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Result:
    whole: int


ROWS = range(12)


@pytest.fixture(params=["fork", "spawn"])
def start_method(request: pytest.FixtureRequest) -> StartMethod:
    method: StartMethod = request.param
    return method


@pytest.fixture
def backend(start_method: StartMethod, tmp_path: Path) -> ProcessBackend:
    return wb.processes(2, root=tmp_path / "results", start_method=start_method)


def sweep(how: str, flag: Path | None = None) -> wb.Sweep:
    fixed = {"how": how, "flag": str(flag or "")}
    return wb.Sweep(faulty_models.misbehaves, wb.product(x=ROWS), fixed=fixed)


def records(run: Run, root: Path) -> dict[int, dict[str, Any]]:
    """What stands of each row, once."""
    rows = rows_of(LocalStore(root / "results"), run.manifest)
    assert [row["row_index"] for row in rows] == list(ROWS)
    return {row["x"]: row for row in rows}


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("raise", "ValueError", "three"),
        ("exit", "CRASH", "exit status 7"),
        ("segfault", "CRASH", "signal 11"),
        ("hang", "TIMEOUT", "longer than 2 s"),
    ],
)
def test_a_row_costs_itself(backend: ProcessBackend, tmp_path: Path, how: str, code: str, message: str) -> None:
    limit = 2 if how == "hang" else None
    run = backend.submit(sweep(how), shard_size=4, row_timeout=limit)
    status = run.wait(timeout=SECONDS, progress=False)
    assert (status.state, status.rows.succeeded, status.rows.failed, status.shards.failed) == ("FAILED", 11, 1, 1)
    found = records(run, tmp_path)
    assert found[3]["error_code"] == code
    assert message in found[3]["error_message"]
    assert {x: row["whole"] for x, row in found.items() if x != 3} == {x: x for x in ROWS if x != 3}


def test_a_lost_worker_costs_its_shard_until_the_run_is_resumed(backend: ProcessBackend, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    run = backend.submit(sweep("kill the worker", flag), shard_size=4)
    status = run.wait(timeout=SECONDS, progress=False)
    assert (status.state, status.shards.succeeded, status.shards.failed) == ("FAILED", 2, 1)
    lost = {x for x, row in records(run, tmp_path).items() if row["error_code"] == "OOM"}
    assert 3 in lost
    assert len(lost) == status.rows.failed == 4
    assert "signal 9" in records(run, tmp_path)[3]["error_message"]

    flag.unlink()
    assert backend.open(run.run_id).status() == status
    resumed = run.resume()
    assert (resumed.generation, resumed.state) == (1, "RUNNING")
    ended = run.wait(timeout=SECONDS, progress=False)
    assert (ended.state, ended.generation) == ("SUCCEEDED", 1)
    assert run.failures().empty
    assert run.coverage()["good"].tolist() == [12]
    assert run.resume() == ended  # nothing to do


def test_what_a_resume_includes(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    backend = wb.processes(2, root=tmp_path / "results")
    run = backend.submit(sweep("raise", flag), shard_size=4)
    assert run.wait(timeout=SECONDS, progress=False).state == "FAILED"
    flag.unlink()
    run.resume()
    assert run.wait(timeout=SECONDS, progress=False).rows.failed == 1
    run.resume(include="all")
    ended = run.wait(timeout=SECONDS, progress=False)
    assert (ended.state, ended.generation) == ("SUCCEEDED", 2)


def test_an_evaluation_that_is_stopped_is_gone_on_with(backend: ProcessBackend, tmp_path: Path) -> None:
    marks = wb.Sweep(faulty_models.marks_and_waits, wb.product(x=range(4)), fixed={"folder": str(tmp_path)})
    run = backend.submit(marks, shard_size=1)
    _until(tmp_path, "started-*")
    backend.stop()
    elsewhere = backend.open(run.run_id)
    for waiting in (run, elsewhere):
        with pytest.raises(RunStalledError, match=r"evaluated by nobody.* 4 of 4 shards .*or submit the sweep again"):
            waiting.wait(progress=False)
    (tmp_path / "gate").touch()
    again = backend.submit(marks)
    assert again.run_id == run.run_id
    assert again.wait(timeout=SECONDS, progress=False).state == "SUCCEEDED"
    assert elsewhere.wait(progress=False).state == "SUCCEEDED"


def test_what_a_spawned_process_cannot_import_is_refused(tmp_path: Path) -> None:
    @experiment(version="1")
    def local_one(*, x: int) -> Result:
        return Result(whole=x)

    of_a_notebook = wb.Sweep(local_one, wb.product(x=[1, 2]))
    spawning = wb.processes(1, root=tmp_path / "results", start_method="spawn")
    with pytest.raises(ExperimentError, match=r"local_one is defined in .*: put it into a module of its own"):
        spawning.submit(of_a_notebook)
    assert spawning.run_ids() == []
    forking = wb.processes(1, root=tmp_path / "results", start_method="fork")
    run = forking.submit(of_a_notebook)
    assert run.wait(timeout=SECONDS, progress=False).state == "SUCCEEDED"


def test_workers_that_never_begin_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        import dataclasses, multiprocessing, os, workbench
        if multiprocessing.parent_process():
            os._exit(3)
        @dataclasses.dataclass(frozen=True)
        class Result:
            whole: int
        @workbench.experiment(version="1")
        def stillborn(*, x: int) -> Result:
            return Result(whole=x)
    """
    (tmp_path / "stillborn_models.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(tmp_path)
    backend = wb.processes(2, root=tmp_path / "results", start_method="spawn")
    stillborn = importlib.import_module("stillborn_models").stillborn
    run = backend.submit(wb.Sweep(stillborn, wb.product(x=ROWS)), shard_size=4)
    with pytest.raises(RunStalledError, match=r"worker processes end before they evaluate anything.* 3 of 3 shards"):
        run.wait(timeout=SECONDS, progress=False)


def test_workers_within_a_worker_are_refused_and_nobody_waits(tmp_path: Path) -> None:
    @experiment(version="1")
    def nested(*, x: int) -> Result:
        inner = wb.Sweep(faulty_models.squares, wb.product(x=[x, x + 1]))
        wb.processes(1, root=tmp_path / "inner").submit(inner).wait(progress=False)
        return Result(whole=x)

    backend = wb.processes(1, root=tmp_path / "results", start_method="fork")
    run = backend.submit(wb.Sweep(nested, wb.product(x=[1, 2])), row_timeout=SECONDS)
    assert run.wait(progress=False).state == "FAILED"
    (failure,) = run.failures().to_dict("records")
    assert failure["error_code"] == "RunStalledError"
    assert "daemonic processes are not allowed to have children" in failure["example_message"]


def test_a_row_may_ask_a_run_of_its_own(tmp_path: Path) -> None:
    @experiment(version="1")
    def asks(*, x: int) -> Result:
        run = wb.serial(tmp_path / f"inner-{x}").submit(wb.Sweep(faulty_models.squares, wb.product(x=range(9))))
        return Result(whole=int(run.aggregate(by=[], metrics=["square"], stats=["count"])["count"][0]))

    load_answers()  # as whoever has waited for another run before: none of it may be used in a forked worker
    run = wb.processes(1, root=tmp_path / "results", start_method="fork").submit(
        wb.Sweep(asks, wb.product(x=[1, 2])), row_timeout=SECONDS
    )
    assert run.wait(progress=False).state == "SUCCEEDED"
    assert {row["whole"] for row in rows_of(LocalStore(tmp_path / "results"), run.manifest)} == {9}


def test_a_resume_needs_the_code_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = wb.processes(1, root=tmp_path / "results")
    run = backend.submit(sweep("raise"), shard_size=4)
    run.wait(timeout=SECONDS, progress=False)
    with pytest.raises(ExperimentError, match="no experiment is named 'misbehaves'"):
        backend.open(run.run_id).resume()
    assert run.status().generation == 0
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", "faulty_models")
    manifest = tmp_path / "results" / "manifests" / f"{run.run_id}.json"
    manifest.write_text(manifest.read_text().replace(run.manifest.spec.fingerprint, "0" * 64))
    with pytest.raises(CodeMismatchError, match=r"was planned for misbehaves with fingerprint 000000000000"):
        backend.open(run.run_id).resume()


def _until(folder: Path, pattern: str) -> None:
    """Wait for what another process does; the test's own time limit is the only one."""
    while not list(folder.glob(pattern)):
        time.sleep(0.01)
