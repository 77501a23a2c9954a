"""Children whose time limit comes first: by slow rows, by one that hangs, by a supervisor that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from altered_functions import altered
from fatal_models import ARMED, harmful
from full_coverage import assert_answers, assert_covered, counting_rows
from harmful_runs import ended, harmful_sweep
from workbench.contract import Output

if TYPE_CHECKING:
    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

# A fifth of it is kept for the outcome: a pass evaluates three rows of a second each at most.
TIMEOUT_SECONDS: Final = 4
SLOW: Final = ["slow"] * 13
HANGS: Final = ["none", "hang", "none", "none"]
STOPPED: Final = ["none", "stop_child"]


@pytest.fixture(scope="module")
def runs(local_stack: LocalStack, backend: CloudBackend, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """One run of each kind, side by side; harmless when they are handed out."""
    armed = tmp_path_factory.mktemp("harm")
    (armed / ARMED).touch()
    with altered(local_stack, Output.CHILD, timeout=TIMEOUT_SECONDS):
        found = [backend.submit(harmful_sweep(armed, harms), shard_size=13) for harms in (SLOW, HANGS, STOPPED)]
        for run in found:
            ended(run)
    (armed / ARMED).unlink()
    return found


def test_a_slow_shard_needs_five_passes(runs: list[Run], store: Store) -> None:
    run = runs[0]
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)
    assert max(row["attempt"] for row in counting_rows(store, run.manifest)) >= 5


def test_a_row_that_hangs_costs_itself_only(runs: list[Run], store: Store) -> None:
    run = runs[1]
    assert_covered(store, run.manifest, harmful, {1: "TIMEOUT"})
    assert_answers(run, {1: "TIMEOUT"})
    (hung,) = (row for row in counting_rows(store, run.manifest) if row["row_index"] == 1)
    assert "a whole pass for itself" in hung["error_message"]


def test_a_child_that_sleeps_past_its_time_limit_is_recorded(runs: list[Run], store: Store) -> None:
    run, errors = runs[2], {0: "TIMEOUT", 1: "TIMEOUT"}
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    assert all("Task timed out" in row["error_message"] for row in counting_rows(store, run.manifest))
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)
