"""A run's state is a function of the keys of its outcomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.contract.keys import manifest_key, outcome_key
from workbench.runs.status import run_status

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(10)), replicates=2), shard_size=6)  # 6, 6, 6, 2 rows
SIZES = [6, 6, 6, 2]
shards = st.sets(st.integers(0, 3))


def success(shard_id: int) -> str:
    return outcome_key("noise", MANIFEST.run_id, "success", shard_id)


def failure(shard_id: int) -> str:
    return outcome_key("noise", MANIFEST.run_id, "failure", shard_id)


@given(good=shards, bad=shards)
def test_counts(good: set[int], bad: set[int]) -> None:
    status = run_status(MANIFEST, [*map(success, good), *map(failure, bad)])
    assert (status.succeeded, status.failed) == (len(good), len(bad - good))
    assert status.missing == 4 - len(good | bad) == status.shards - status.reported
    assert status.rows_reported == sum(SIZES[shard_id] for shard_id in good | bad)
    assert status.rows == 20
    expected = "RUNNING" if status.missing else "FAILED" if bad - good else "SUCCEEDED"
    assert status.state == expected


def test_keys_of_something_else_do_not_count() -> None:
    keys = [manifest_key(MANIFEST.run_id), success(0) + ".part", "outcomes/", success(0).replace("success", "other")]
    assert run_status(MANIFEST, keys).reported == 0


def test_in_words() -> None:
    status = run_status(MANIFEST, [success(0), failure(3)])
    assert str(status) == "RUNNING: 2 of 4 shards, 8 of 20 rows, 1 shards with failed rows"
    assert str(run_status(MANIFEST, map(success, range(4)))) == "SUCCEEDED: 4 of 4 shards, 20 of 20 rows"
