"""Clients whose answer is lost, that are killed, throttled, or change their mind: the run does not depend on them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from altered_functions import end
from fatal_models import ARMED, OPEN, harmful, started
from fault_proxy import Answer, Request, Rule, fault_proxy, slow_down
from full_coverage import assert_answers, assert_covered
from harmful_runs import ended, harmful_sweep, rows_of_shard, wait_until
from workbench.runs.cloud import CloudBackend

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

N_ROWS: Final = 6

CLIENT: Final = """
import sys
from pathlib import Path
import workbench as wb
from harmful_runs import harmful_sweep
run = wb.connect("local").submit(harmful_sweep(Path(sys.argv[1]), ["gate"] * 6), shard_size=2)
print(run.run_id, flush=True)
run.wait(progress=False)
"""


def is_submission(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/runs")


def test_answers_that_are_lost_and_services_that_are_busy(backend: CloudBackend, store: Store, armed: Path) -> None:
    (armed / ARMED).unlink()
    known = set(backend.run_ids())
    with fault_proxy(backend.stack.endpoint_url or "") as proxy, ExitStack() as faults:
        api_url = backend.stack.api_url.replace(backend.stack.endpoint_url or "", proxy.url)
        client = CloudBackend(replace(backend.stack, api_url=api_url, endpoint_url=proxy.url))
        rules = [
            faults.enter_context(proxy.fault(rule))
            for rule in (
                Rule(is_submission, drop=True, times=1),
                Rule(is_submission, Answer(429, body=b'{"message": "Too Many Requests"}'), forward=False, times=1),
                Rule(lambda request: request.method == "GET", slow_down(), forward=False, times=2),
            )
        ]
        run = client.submit(harmful_sweep(armed, ["none"] * N_ROWS), shard_size=2)
        assert ended(run).state == "SUCCEEDED"
        assert [rule.hits for rule in rules] == [1, 1, 2]
        assert_answers(run)
    assert set(backend.run_ids()) - known == {run.run_id}
    assert_covered(store, run.manifest, harmful)


def test_a_client_is_killed_and_its_run_opened_elsewhere(
    local_stack: LocalStack, backend: CloudBackend, store: Store, armed: Path
) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(armed)], env=local_stack.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert client.stdout
        run_id = client.stdout.readline().strip()
        wait_until(lambda: started(armed), "a row of the run")
    finally:
        end(client.pid)
        client.communicate()
    run = backend.open(run_id)
    assert run.status().state == "RUNNING"
    (armed / OPEN).touch()
    assert ended(run).state == "SUCCEEDED"
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)


def test_a_run_is_cancelled_halfway_and_resumed(backend: CloudBackend, store: Store, armed: Path) -> None:
    first = rows_of_shard(N_ROWS, 2, 0)
    harms = ["none" if row in first else "gate" for row in range(N_ROWS)]
    run = backend.submit(harmful_sweep(armed, harms, seed=8), shard_size=2)

    def halfway() -> bool:
        # Events come in any order: both shards at the gate may be there before the first.
        at_gate = len(started(armed))
        return at_gate == 2 or (at_gate == 1 and run.status().shards.succeeded == 1)

    wait_until(halfway, "every child at the gate, or one shard done")
    run.cancel()
    status = ended(run)
    assert status.state == "ABORTED"
    (armed / ARMED).unlink()
    kept = first if status.shards.succeeded else []
    errors = {row: "CANCELLED" for row in range(N_ROWS) if row not in kept}
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    run.resume()
    status = ended(run)
    assert (status.state, status.generation) == ("SUCCEEDED", 1)
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)
