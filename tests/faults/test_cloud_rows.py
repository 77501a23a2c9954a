"""What rows do on the stack: each costs itself only, and a resume evaluates exactly what it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from altered_functions import altered
from fatal_models import ARMED, harmful
from full_coverage import assert_answers, assert_covered, counting_rows
from harmful_runs import ended, harmful_sweep
from workbench.contract import Output

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

HARMS: Final = ["none", "raise", "exit", "kill", "segfault", "hang", "memory", "wrong", *["none"] * 8]
OWN: Final = {1: "LookupError", 7: "SCHEMA"}
ERRORS: Final = OWN | {2: "CRASH", 3: "CRASH", 4: "CRASH", 5: "TIMEOUT", 6: "OOM"}
MEMORY_MB: Final = 512


def test_every_harm_costs_its_row_only(
    local_stack: LocalStack, backend: CloudBackend, store: Store, armed: Path
) -> None:
    with altered(local_stack, Output.CHILD, memory=MEMORY_MB):
        run = backend.submit(harmful_sweep(armed, HARMS), shard_size=4, row_timeout=4)
        assert ended(run).state == "FAILED"
    first = {row["row_index"]: row for row in counting_rows(store, run.manifest)}
    assert "nothing is known of 1" in first[1]["error_message"]
    assert {row["attempt"] for row in first.values()} == {1}
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
    # No row that was good was evaluated again.
    assert {row["row_index"] for row in counting_rows(store, run.manifest) if row["attempt"] > 1} == set(ERRORS)
