"""The main job: a sweep of 2,000 rows through the API, in 50 shards, to outcomes that Athena counts."""

from __future__ import annotations

import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

import workbench as wb
from faulty_models import sometimes_raises
from workbench.analysis.athena import AthenaEngine
from workbench.analysis.sql import Query
from workbench.compute.outcome import decode_outcome
from workbench.contract import RUNS_TABLE, Output, RunReply, decode, encode
from workbench.contract.keys import OutcomeKey, outcomes_prefix, parse_outcome_key
from workbench.runs.status import Counts
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

ROWS: Final = 2_000
SHARDS: Final = 50
REPLICATES: Final = 20
# 100 points, of which one raises: its 20 rows are spread over fewer than half of the shards.
GOOD: Final = [x for x in range(1, 200) if x % 3][:99]
BAD: Final = 3
# Patience with a machine that does other things too.
SECONDS: Final = 120


def make_sweep(*, seed: int) -> wb.Sweep:
    return wb.Sweep(sometimes_raises, wb.product(x=[*GOOD, BAD]), replicates=REPLICATES, seed=seed)


@pytest.fixture(scope="module")
def sweep() -> wb.Sweep:
    return make_sweep(seed=11)


@pytest.fixture(scope="module")
def run(backend: CloudBackend, sweep: wb.Sweep) -> Run:
    """Submitted from Python."""
    started = backend.submit(sweep)
    started.wait(timeout=SECONDS, progress=False)
    return started


@pytest.fixture(scope="module")
def engine(backend: CloudBackend) -> AthenaEngine:
    stack = backend.stack
    return AthenaEngine(
        database=stack.outputs[Output.DATABASE],
        workgroup=stack.outputs[Output.WORKGROUP],
        session=stack.session,
        endpoint_url=stack.endpoint_url,
    )


def outcomes(store: Store, run: Run) -> dict[OutcomeKey, pa.Table]:
    spec = run.manifest.spec
    found = {}
    for key in store.keys(outcomes_prefix(spec.name, run.run_id)):
        parsed = parse_outcome_key(key)
        assert parsed is not None, key
        found[parsed] = decode_outcome(store.get(key) or b"", spec, source=key)
    return found


def assert_all_is_there(store: Store, run: Run) -> None:
    found = outcomes(store, run)
    assert len(found) == SHARDS
    assert {key.shard_id for key in found} == set(range(SHARDS))
    assert {key.status for key in found} == {"success", "failure"}
    row_indices: list[int] = []
    for key, table in found.items():
        failed = len(table) - table["error_code"].null_count
        assert (key.status == "failure") == (failed > 0)
        assert len(table) == ROWS // SHARDS
        row_indices += table["row_index"].to_pylist()
    assert sorted(row_indices) == list(range(ROWS))


def bits(store: Store, run: Run) -> dict[int, tuple[Any, ...]]:
    """What a row is and what came of it, by `row_index`; when and where it was evaluated is left out."""
    rows = (row for table in outcomes(store, run).values() for row in table.to_pylist())
    return {
        row["row_index"]: (
            *(row[name] for name in ("point_index", "replicate", "x", "error_code", "error_message", "fingerprint")),
            None if row["value"] is None else struct.pack("<d", row["value"]),
        )
        for row in rows
    }


def test_python_leaves_every_outcome_and_every_row(store: Store, run: Run) -> None:
    assert (run.manifest.n_rows, run.manifest.n_shards) == (ROWS, SHARDS)
    assert_all_is_there(store, run)
    status = run.status()
    assert status.state == "FAILED"
    assert status.rows == Counts(expected=ROWS, succeeded=ROWS - REPLICATES, failed=REPLICATES, cancelled=0, missing=0)
    assert 0 < status.shards.failed <= REPLICATES
    assert status.shards.succeeded + status.shards.failed == SHARDS


def test_the_command_line_leaves_every_outcome_and_every_row(
    local_stack: LocalStack, backend: CloudBackend, store: Store
) -> None:
    xs = ",".join(map(str, [*GOOD, BAD]))
    options = [f"--set=x={xs}", f"--replicates={REPLICATES}", "--seed=12", "--shard-size=40"]
    submitted = workbench(local_stack, "submit", "sometimes_raises", *options)
    from_cli = make_sweep(seed=12)
    found = backend.submit(from_cli)
    assert found.run_id in submitted
    assert "2,000 of 2,000 rows" in submitted
    assert_all_is_there(store, found)
    counted = f"ValueError  {REPLICATES}"
    assert counted in submitted
    assert counted in workbench(local_stack, "status", found.run_id)
    assert found.run_id in workbench(local_stack, "runs")


def test_athena_counts_what_the_manifest_says(run: Run) -> None:
    (line,) = run.coverage().to_dict("records")
    assert line == {"rows": run.manifest.n_rows, "good": ROWS - REPLICATES, "failed": REPLICATES, "shards": SHARDS}
    (failure,) = run.failures().to_dict("records")
    assert failure.pop("example_message").startswith("ValueError: 3 is a multiple of 3 (faulty_models.py, line ")
    first = run.manifest.sweep.space.size - 1  # the point that raises is the last one
    assert failure == {
        "error_code": "ValueError",
        "count": REPLICATES,
        "example_row_index": first,
        "example.x": BAD,
    }


def test_athena_lists_the_run(run: Run, engine: AthenaEngine) -> None:
    manifest = run.manifest
    names = ("run_id", "sweep_id", "created_at", "created_by", "n_points", "n_rows", "n_shards", "shard_size")
    (line,) = engine.query(Query(f'SELECT * FROM "{RUNS_TABLE}" WHERE "run_id" = ?', (run.run_id,))).to_dict("records")  # noqa: S608
    assert {name: line[name] for name in names} == {name: getattr(manifest, name) for name in names}
    assert "researcher" in manifest.created_by


def test_the_bits_are_those_of_the_serial_back_end(store: Store, run: Run, sweep: wb.Sweep, tmp_path: Path) -> None:
    alone = wb.serial(tmp_path).submit(sweep, shard_size=173)
    here = bits(LocalStore(tmp_path), alone)
    assert len(here) == ROWS
    assert bits(store, run) == here


def test_athena_and_duckdb_agree(run: Run, sweep: wb.Sweep, tmp_path: Path) -> None:
    columns = ["x", "metric", "count", "mean", "std"]
    here = wb.serial(tmp_path).submit(sweep).aggregate(by=["x"], metrics=["value"])[columns]
    there = run.aggregate(by=["x"], metrics=["value"])[columns]
    assert there["count"].tolist() == here["count"].tolist()
    assert there.set_index("x")["count"].to_dict() == dict.fromkeys(GOOD, REPLICATES) | {BAD: 0}
    for name in ("mean", "std"):
        assert there[name].tolist() == pytest.approx(here[name].tolist(), rel=1e-12, nan_ok=True)


def test_a_sweep_that_ran_is_found_again(local_stack: LocalStack, run: Run, sweep: wb.Sweep) -> None:
    before = local_stack.invocations(Output.CHILD)
    assert before >= SHARDS
    for shard_size in (None, run.manifest.shard_size, 7):
        status, answer = local_stack.post(
            encode(sweep.request(shard_size=shard_size)), signed_by=local_stack.credentials
        )
        reply = decode(answer, RunReply, source="the answer")
        assert (status, reply.created) == (200, False)
        # The plan is that of the run, whatever is asked for now.
        assert (reply.run_id, reply.n_shards, reply.shard_size) == (run.run_id, SHARDS, run.manifest.shard_size)
    assert local_stack.invocations(Output.CHILD) == before


def test_a_fresh_run_is_another_with_the_same_bits(backend: CloudBackend, store: Store) -> None:
    sweep = wb.Sweep(sometimes_raises, wb.product(x=[1, BAD, 4]), seed=5)
    runs = [backend.submit(sweep, fresh=fresh) for fresh in (False, True, True, False)]
    assert len({run.run_id for run in runs}) == 3
    assert runs[0].run_id == runs[3].run_id
    for run in runs:
        run.wait(timeout=SECONDS, progress=False)
    first, *others = (bits(store, run) for run in runs)
    assert all(other == first for other in others)


def test_a_run_is_opened_by_its_name(backend: CloudBackend, run: Run) -> None:
    assert run.run_id in backend.run_ids()
    assert backend.open(run.run_id).manifest == run.manifest


def workbench(local_stack: LocalStack, *arguments: str) -> str:
    """Run the command in a process of its own, as a terminal would."""
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", *arguments],
        env=local_stack.environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
