"""A run of any size is submitted in memory that its size does not show in, stopped at once, and cancelled."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import faulty_models
import workbench as wb
from workbench.contract.keys import control_key
from workbench.runs.sizing import max_rows_in_memory
from workbench.storage.local import LocalStore

ROWS = 100_000_000
TESTS = Path(faulty_models.__file__).parent
MEGABYTE = 2**20

PROGRAM = """
import sys
import faulty_models, workbench as wb
heavy = {"boto3", "botocore", "duckdb", "matplotlib", "pandas", "pyathena", "scipy", "rich", "ipywidgets"}
run = wb.processes(1).submit(wb.Sweep(faulty_models.squares, wb.product(x=range(1000))))
print(sorted(heavy & set(sys.modules)))
assert run.wait(timeout=60, progress=False).state == "SUCCEEDED"
print(sorted(heavy & set(sys.modules)))
"""


def test_a_hundred_million_rows(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        backend = wb.processes(2, root=tmp_path)
        run = backend.submit(wb.Sweep(faulty_models.in_place, wb.product(x=range(ROWS // 10)), replicates=10))
        _, peak = tracemalloc.get_traced_memory()
        run.cancel()
        backend.stop()
    finally:
        tracemalloc.stop()
    assert run.manifest.n_rows == ROWS
    assert 100 < run.manifest.n_shards <= 10_000
    assert run.manifest.shard_size <= max_rows_in_memory(run.manifest.spec)
    # One value of one row of the run would be 800 MB.
    assert peak < 64 * MEGABYTE
    status = run.status()
    assert status.rows.succeeded < ROWS
    assert status.rows.missing + status.rows.cancelled > 0
    assert LocalStore(tmp_path).get(control_key(run.run_id, 0, "cancelled")) is not None


def test_what_a_run_does_not_need_is_not_loaded(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": str(TESTS), "PATH": ""},
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    submitted, waited = ran.stdout.splitlines()
    assert submitted == "[]"
    assert waited in ("[]", "['duckdb', 'pandas']")  # loaded meanwhile, unless the run was over at once
