"""Late workers: one of an earlier generation, or a second delivery, ends after the shard was brought to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fatal_models import ARMED, harmful
from full_coverage import assert_covered, counting_rows
from harmful_runs import harmful_sweep
from small_runs import plan
from workbench.compute.shard import Limits, run_shard
from workbench.contract import Task
from workbench.contract.keys import control_key
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.contract import Manifest
    from workbench.storage import Store


class Overtaken:
    """A store whose user is overtaken by somebody else, between evaluating and writing."""

    def __init__(self, store: MemoryStore, meanwhile: Callable[[], object]) -> None:
        self.get, self.read, self.keys = store.get, store.read, store.keys
        self._put = store.put
        self._meanwhile = [meanwhile]

    def put(self, key: str, data: bytes, **conditions: Any) -> bool:
        if self._meanwhile:
            self._meanwhile.pop()()
        return self._put(key, data, **conditions)


def run(store: Store, manifest: Manifest, *, generation: int) -> None:
    task = Task(run_id=manifest.run_id, shard_id=0, generation=generation)
    run_shard(store, manifest, task, worker=f"of {generation}", experiment=harmful, limits=Limits())


def resumed(store: MemoryStore, manifest: Manifest) -> None:
    store.put(control_key(manifest.run_id, 1, "resumed"), b"{}")
    run(store, manifest, generation=1)


@pytest.mark.parametrize("harm", ["exit_first", "exit_later"])
def test_of_two_deliveries_at_once_every_good_row_is_kept(armed: Path, harm: str) -> None:
    manifest, store = plan(harmful_sweep(armed, ["none", "raise", harm]), shard_size=3), MemoryStore()
    overtaken = Overtaken(store, lambda: run(store, manifest, generation=0))
    run(overtaken, manifest, generation=0)
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "LookupError"})


def test_a_late_worker_that_was_cancelled_takes_nothing_back(armed: Path) -> None:
    manifest, store = plan(harmful_sweep(armed, ["none", "raise", "none"]), shard_size=3), MemoryStore()
    store.put(control_key(manifest.run_id, 0, "cancelled"), b"{}")
    run(Overtaken(store, lambda: resumed(store, manifest)), manifest, generation=0)
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful, {1: "LookupError"})


def test_a_late_worker_that_did_better_is_counted(armed: Path) -> None:
    # Row 2 is good for whoever comes first, and crashes whoever comes later.
    manifest, store = plan(harmful_sweep(armed, ["none", "raise", "exit_later"]), shard_size=3), MemoryStore()
    run(Overtaken(store, lambda: resumed(store, manifest)), manifest, generation=0)
    (armed / ARMED).unlink()
    assert {row["worker"] for row in counting_rows(store, manifest)} == {"of 0", "of 1"}
    assert_covered(store, manifest, harmful, {1: "LookupError"})


def test_a_late_worker_of_a_cancelled_generation_changes_no_good_row(armed: Path) -> None:
    manifest, store = plan(harmful_sweep(armed, ["none", "none", "none"]), shard_size=3), MemoryStore()
    store.put(control_key(manifest.run_id, 0, "cancelled"), b"{}")
    run(Overtaken(store, lambda: resumed(store, manifest)), manifest, generation=0)
    (armed / ARMED).unlink()
    assert_covered(store, manifest, harmful)
