"""The recorder, called as Lambda calls it: every lost shard has its outcome, its line and its place in the metrics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: a handler makes its clients, and takes over the library's loggers, when it is imported.
SCRIPT = """
import sys, types
import faulty_models
import lambdas.recorder.handler as recorder
import workbench as wb
from small_runs import plan
from workbench.contract import encode
from workbench.contract.keys import manifest_key
from workbench.storage.memory import MemoryStore

manifest = plan(wb.Sweep(faulty_models.mixed, wb.product(x=range(7))), shard_size=2)
recorder.store = MemoryStore()
recorder.store.put(manifest_key(manifest.run_id), encode(manifest))
context = types.SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="a", aws_request_id="1", log_stream_name="s"
)
lost = {
    "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": {"run_id": manifest.run_id, **LOST},
    "responsePayload": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"},
}
recorder.handler(lost, context)
"""


def lines(lost: dict[str, object]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("LOST", repr(lost))],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "AWS_DEFAULT_REGION": "us-east-1"}
        | {"WORKBENCH_BUCKET": "none", "POWERTOOLS_SERVICE_NAME": "recorder"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_lost_child_is_told_with_its_shard_and_counted_by_its_code() -> None:
    recorded, rows, counted = lines({"shard_id": 3, "generation": 2})
    assert (recorded["message"], recorded["code"], recorded["shard_id"]) == ("recorded", "TIMEOUT", 3)
    assert (recorded["generation"], recorded["service"]) == (2, "recorder")
    # The last of four shards has one row.
    assert rows["Rows"] == 1
    assert (counted["code"], counted["LostShards"], counted["FailedRows"]) == ("TIMEOUT", 1, 1)
    assert len({line["run_id"] for line in (recorded, rows, counted)}) == 1


def test_the_shards_of_a_lost_dispatch_are_told_one_by_one_and_counted_together() -> None:
    *recorded, rows, counted = lines({"shards": [[0, 2], [3, 4]], "generation": 0, "include": "infra"})
    assert [line["shard_id"] for line in recorded] == [0, 1, 3]
    assert rows["Rows"] == 5
    assert (counted["code"], counted["LostShards"], counted["FailedRows"]) == ("DISPATCH", 3, 5)
