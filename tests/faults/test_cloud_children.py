"""Children that are lost as a whole, are delivered more than once, or have other code than their run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import msgspec
import pytest

from fatal_models import ARMED, OPEN, harmful, started
from full_coverage import assert_answers, assert_covered, counting_rows
from harmful_runs import ended, harmful_sweep, rows_of_shard, wait_until
from small_runs import plan
from workbench.contract import Manifest, Output, Task, encode
from workbench.contract.keys import manifest_key

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

N_ROWS: Final = 6
SHARD_SIZE: Final = 2


def test_a_child_killed_at_every_try_is_recorded_and_one_killed_once_completes(
    backend: CloudBackend, store: Store, armed: Path
) -> None:
    lost, retried = (rows_of_shard(N_ROWS, SHARD_SIZE, shard_id) for shard_id in (0, 1))
    harms = ["none"] * N_ROWS
    # The last row of the shard: the good one before it is lost with its child, or evaluated again.
    harms[lost[1]], harms[retried[1]] = "kill_child", "kill_child_once"
    run = backend.submit(harmful_sweep(armed, harms), shard_size=SHARD_SIZE)
    assert ended(run).state == "FAILED"
    errors = dict.fromkeys(lost, "OOM")  # a kill from outside is what running out of memory looks like
    assert list(armed.glob("killed-*"))
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    told = {row["row_index"]: row["error_message"] for row in counting_rows(store, run.manifest)}
    assert all("after 3 tries" in told[index] and "signal: killed" in told[index] for index in lost)
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)


def planned(local_stack: LocalStack, bucket: str, manifest: Manifest) -> Task:
    """Put a run on the stack without starting it."""
    s3 = local_stack.client("s3", root=True)
    s3.put_object(Bucket=bucket, Key=manifest_key(manifest.run_id), Body=encode(manifest))
    return Task(run_id=manifest.run_id, shard_id=0)


@pytest.mark.parametrize("harm", ["none", "raise"])
def test_a_task_delivered_three_times_at_once(
    local_stack: LocalStack, backend: CloudBackend, store: Store, bucket: str, armed: Path, harm: str
) -> None:
    manifest = plan(harmful_sweep(armed, ["gate", harm, "none"]), shard_size=3)
    task = msgspec.to_builtins(planned(local_stack, bucket, manifest))
    with ThreadPoolExecutor(3) as clients:
        calls = [clients.submit(local_stack.invoke, Output.CHILD, task) for _ in range(3)]
        try:
            wait_until(lambda: len(started(armed)) == 3, "three children in the same row")
        finally:
            (armed / OPEN).touch()
        reports = [call.result() for call in calls]
    status = "success" if harm == "none" else "failure"
    assert [report["status"] for report in reports] == [status] * 3
    late = local_stack.invoke(Output.CHILD, task)
    assert (late["status"], late["duplicate"]) == (status, harm == "none")
    (armed / ARMED).unlink()
    errors = {} if harm == "none" else {1: "LookupError"}
    assert_covered(store, manifest, harmful, errors)
    assert_answers(backend.open(manifest.run_id), errors)


def test_other_code_than_the_manifests_is_refused(
    local_stack: LocalStack, backend: CloudBackend, store: Store, bucket: str, armed: Path
) -> None:
    manifest = plan(harmful_sweep(armed, ["tell", "tell"]), shard_size=2)
    manifest = msgspec.structs.replace(manifest, spec=msgspec.structs.replace(manifest.spec, fingerprint="0" * 64))
    local_stack.invoke(Output.CHILD, msgspec.to_builtins(planned(local_stack, bucket, manifest)))
    assert not started(armed)
    run = backend.open(manifest.run_id)
    errors = {0: "CODE_MISMATCH", 1: "CODE_MISMATCH"}
    assert ended(run).state == "FAILED"
    assert_covered(store, manifest, harmful, errors)
    assert_answers(run, errors)
