"""The same faults on this machine's cores: rows, workers and whoever started them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

import workbench as wb
from altered_functions import end
from emulator_stack import EXPERIMENTS
from fatal_models import ARMED, OPEN, harmful, started
from full_coverage import assert_answers, assert_covered
from harmful_runs import ended, harmful_sweep, rows_of_shard, wait_until
from workbench.errors import RunStalledError
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.runs.local import ProcessBackend

N_ROWS: Final = 6
HARMS: Final = ["none", "raise", "exit", "kill", "segfault", "hang", "wrong", *["none"] * 5]
OWN: Final = {1: "LookupError", 6: "SCHEMA"}
ERRORS: Final = OWN | {2: "CRASH", 3: "CRASH", 4: "CRASH", 5: "TIMEOUT"}

CLIENT: Final = """
import sys
from pathlib import Path
import workbench as wb
from harmful_runs import harmful_sweep
folder, root = map(Path, sys.argv[1:])
run = wb.processes(2, root=root).submit(harmful_sweep(folder, ["gate"] * 6), shard_size=2)
print(run.run_id, flush=True)
run.wait(progress=False)
"""


@pytest.fixture
def backend(tmp_path: Path) -> ProcessBackend:
    return wb.processes(2, root=tmp_path / "results")


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "results")


def test_every_harm_costs_its_row_only(backend: ProcessBackend, store: LocalStore, armed: Path) -> None:
    run = backend.submit(harmful_sweep(armed, HARMS), shard_size=4, row_timeout=4)
    assert ended(run).state == "FAILED"
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful, ERRORS)
    assert_answers(run, ERRORS)
    run.resume()
    assert ended(run).generation == 1
    assert_covered(store, run.manifest, harmful, OWN)
    run.resume(include="all")
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)


def test_a_worker_that_is_killed_is_recorded(backend: ProcessBackend, store: LocalStore, armed: Path) -> None:
    lost = rows_of_shard(N_ROWS, 2, 0)
    harms = ["kill_child" if row == lost[-1] else "none" for row in range(N_ROWS)]
    run = backend.submit(harmful_sweep(armed, harms), shard_size=2)
    assert ended(run).state == "FAILED"
    (armed / ARMED).unlink()
    errors = dict.fromkeys(lost, "OOM")
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)


def test_a_run_is_cancelled_halfway_and_resumed(backend: ProcessBackend, store: LocalStore, armed: Path) -> None:
    first = rows_of_shard(N_ROWS, 2, 0)
    harms = ["none" if row in first else "gate" for row in range(N_ROWS)]
    run = backend.submit(harmful_sweep(armed, harms), shard_size=2)
    wait_until(lambda: started(armed) and run.status().shards.succeeded == 1, "one shard done and another begun")
    run.cancel()
    assert ended(run).state == "ABORTED"
    (armed / ARMED).unlink()
    errors = {row: "CANCELLED" for row in range(N_ROWS) if row not in first}
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)


def test_a_client_is_killed_and_its_run_opened_elsewhere(
    backend: ProcessBackend, store: LocalStore, armed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", EXPERIMENTS)
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(armed), str(backend.root)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert client.stdout
        run_id = client.stdout.readline().strip()
        wait_until(lambda: started(armed), "a row of the run")
    finally:
        end(client.pid)
        client.communicate()
    run = backend.open(run_id)
    with pytest.raises(RunStalledError, match="evaluated by nobody"):
        ended(run)
    (armed / OPEN).touch()
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)
