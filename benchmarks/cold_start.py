"""One cold start, as `imports.py` runs it: prints the CPU milliseconds of every part, in JSON.

Nothing is imported here but what the handler imports anyway, and nothing before it is measured.
"""

# ruff: noqa: E402, PLC0415

from __future__ import annotations

import time

spent = {"interpreter": time.process_time() * 1e3}

import importlib
import json
import sys
from typing import Any


def cost(module: str, label: str) -> Any:
    """Import a module and note what that costs beyond what is imported already."""
    began = time.process_time()
    found = importlib.import_module(module)
    spent[label] = (time.process_time() - began) * 1e3
    return found


def evaluate(child: Any, run_id: str, manifest: str) -> None:
    """Let the child evaluate its one row, and note what the row says was spent before it."""
    from types import SimpleNamespace

    from workbench.compute.outcome import decode_outcome
    from workbench.contract import Manifest, decode
    from workbench.contract.keys import OUTCOMES_PREFIX, manifest_key
    from workbench.storage.memory import MemoryStore

    child.store = MemoryStore()
    child.store.put(manifest_key(run_id), manifest.encode())
    context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn",
        aws_request_id="1",
        log_stream_name="stream",
        get_remaining_time_in_millis=lambda: 300_000,
    )
    report = child.handler({"run_id": run_id, "shard_id": 0}, context)
    assert report["status"] == "success", report
    (key,) = child.store.keys(OUTCOMES_PREFIX)
    spec = decode(manifest.encode(), Manifest, source="imports.py").spec
    outcome = decode_outcome(child.store.get(key), spec, source=key)
    spent["up to the first row"] = outcome["cpu_ms"][0].as_py()


def main() -> None:
    """Import part by part, then the handler, which is what is left; then a fixed loop to compare machines by."""
    settings = json.loads(sys.argv[1])
    sys.path[:1] = settings["folders"]
    for module in settings["parts"]:
        cost(module, module)
    handler = cost(settings["handler"], "handler, clients")
    if settings["manifest"]:
        evaluate(handler, settings["run_id"], settings["manifest"])
    began = time.process_time()
    sum(number * number for number in range(500_000))
    spent["fixed loop"] = (time.process_time() - began) * 1e3
    print(json.dumps(spent))


main()
