"""The commands that a person runs in a terminal, in processes of their own: run, interrupt, go on, cancel, resume."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import faulty_models
import workbench as wb
from workbench.errors import RunStalledError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60
TESTS = Path(faulty_models.__file__).parent
SWEEP = ("marks_and_waits", "--set", "x=0,1,2,3,4,5,6,7", "--shard-size", "2")
# Tests that run in the background of a shell have inherited that SIGINT is ignored; in a terminal it is not.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from workbench.cli import main; main()"
)


class Terminal:
    """Runs commands in a folder; what still runs at the end is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self._started: list[subprocess.Popen[str]] = []
        path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
        self._environment = os.environ | {
            "PYTHONPATH": path,
            "WORKBENCH_EXPERIMENTS": "faulty_models",
            "COLUMNS": "200",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str, status: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == status, (out, err)
        return out + err

    def sweep(self) -> subprocess.Popen[str]:
        return self.start("run", *SWEEP, "--set", f"folder={self.folder}", "--workers", "2")

    def until(self, pattern: str) -> None:
        while not list(self.folder.glob(pattern)):
            assert self._started[-1].poll() is None, self._started[-1].communicate()
            time.sleep(0.01)

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


def alive(group: int) -> bool:
    """Whether any process of a group still runs; its first one has been waited for."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupted_run_is_finished_by_the_same_command(terminal: Terminal) -> None:
    interrupted = terminal.sweep()
    terminal.until("started-*")
    os.killpg(interrupted.pid, signal.SIGINT)  # as the terminal does: to every process of the group
    _, err = interrupted.communicate(timeout=SECONDS)
    assert interrupted.returncode == 130
    assert "the same command again evaluates the rest" in err
    assert "Traceback" not in err
    while alive(interrupted.pid):
        time.sleep(0.01)

    (run_id,) = wb.serial(terminal.results).run_ids()
    assert "RUNNING: 0 of 4 shards" in terminal.run("status", run_id, "--folder", "results")
    with pytest.raises(RunStalledError, match="evaluated by nobody"):
        wb.serial(terminal.results).open(run_id).wait(progress=False)
    (terminal.folder / "gate").touch()
    again = terminal.sweep()
    out, err = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, err
    assert f"run {run_id} SUCCEEDED: 4 of 4 shards, 8 of 8 rows" in out


def test_a_run_is_cancelled_and_resumed_from_other_terminals(terminal: Terminal) -> None:
    running = terminal.sweep()
    terminal.until("started-*")
    (run_id,) = wb.serial(terminal.results).run_ids()
    assert "Cancel" in terminal.run("cancel", run_id, "--folder", "results", status=1)  # nobody answers
    assert "is cancelled" in terminal.run("cancel", run_id, "--folder", "results", "--yes")
    out, err = running.communicate(timeout=SECONDS)
    assert running.returncode == 0, err
    assert "ABORTED: 4 of 4 shards, 8 of 8 rows, 8 rows cancelled" in out
    shown = terminal.run("status", run_id, "--folder", "results")
    assert ["rows", "8", "0", "0", "8", "0"] in [line.split() for line in shown.splitlines()]
    assert "has ended already" in terminal.run("cancel", run_id, "--folder", "results")

    (terminal.folder / "gate").touch()
    resumed = terminal.run("resume", run_id, "--folder", "results")
    assert "goes on: RUNNING: 0 of 4 shards" in resumed
    assert "SUCCEEDED: 4 of 4 shards, 8 of 8 rows, 1 times resumed" in resumed


def test_a_killed_evaluator_leaves_no_processes_and_a_run_to_go_on_with(terminal: Terminal) -> None:
    killed = terminal.sweep()
    terminal.until("started-*")
    killed.kill()
    killed.communicate()
    while alive(killed.pid):
        time.sleep(0.01)
    (run_id,) = wb.serial(terminal.results).run_ids()
    with pytest.raises(RunStalledError, match="evaluated by nobody"):
        wb.serial(terminal.results).open(run_id).wait(progress=False)
    (terminal.folder / "gate").touch()
    assert "SUCCEEDED" in terminal.run("resume", run_id, "--all", "--folder", "results")


def test_an_interpreter_that_ends_does_not_wait_for_its_runs(terminal: Terminal) -> None:
    program = (
        "import sys, time, pathlib, faulty_models, workbench as wb\n"
        "sweep = wb.Sweep(faulty_models.marks_and_waits, wb.product(x=range(4)), fixed={'folder': '.'})\n"
        "wb.processes(2).submit(sweep, shard_size=1)\n"
        "while not list(pathlib.Path('.').glob('started-*')): time.sleep(0.01)\n"
    )
    (terminal.folder / "program.py").write_text(program)
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    ended = subprocess.run(
        [sys.executable, "program.py"], cwd=terminal.folder, env=environment, timeout=SECONDS, check=True
    )
    assert ended.returncode == 0
    backend = wb.serial(terminal.results)
    status = backend.open(backend.run_ids()[0]).status()
    assert (status.state, status.rows.failed, status.unfinished) == ("RUNNING", 0, 0)


def test_a_row_over_its_time_limit(terminal: Terminal) -> None:
    shown = terminal.run(
        *("run", "misbehaves", "--set", "x=1,2,3,4", "--set", "how=hang", "--row-timeout", "1", "--workers", "2")
    )
    assert "FAILED: 4 of 4 shards, 4 of 4 rows, 1 rows failed" in shown
    assert "TIMEOUT" in shown


def test_an_unknown_run(terminal: Terminal) -> None:
    for command in ("status", "resume", "cancel"):
        assert "there is no run 'noise-0'" in terminal.run(command, "noise-0", "--folder", "results", status=1)


def test_a_number_of_shards_is_asked_for(terminal: Terminal) -> None:
    sweep = ("run", "squares", "--set", "x=0:9:10", "--workers", "0")
    assert "5 of 5 shards, 10 of 10 rows" in terminal.run(*sweep, "--shard-count", "5")
    assert "give one of them" in terminal.run(*sweep, "--shard-count", "5", "--shard-size", "2", status=1)


@pytest.mark.parametrize("command", ["run", "submit"])
def test_a_sweep_that_breaks_a_rule_is_refused_with_the_rule(terminal: Terminal, command: str) -> None:
    said = terminal.run(command, "ride_hailing", "--set", "matching=nearest,batched", status=1)
    assert "batch_interval > 0 where matching is 'batched', is broken by matching='batched'" in " ".join(said.split())
