"""Keys of the bucket: written and read back, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.contract import STATUSES, run_id_for, table_name
from workbench.contract.keys import (
    MANIFESTS_PREFIX,
    OUTCOMES_PREFIX,
    OutcomeKey,
    manifest_key,
    outcome_key,
    outcomes_prefix,
    parse_outcome_key,
    run_id_of_manifest,
    table_prefix,
)

names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
sweep_ids = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(names, sweep_ids, st.sampled_from(STATUSES), st.integers(0, 10**8))
def test_outcome_keys_are_read_as_written(experiment: str, sweep_id: str, status: str, shard_id: int) -> None:
    run_id = run_id_for(experiment, sweep_id)
    key = outcome_key(experiment, run_id, status, shard_id)
    assert parse_outcome_key(key) == OutcomeKey(experiment, run_id, status, shard_id)
    assert key.startswith(outcomes_prefix(experiment, run_id))
    assert outcomes_prefix(experiment, run_id).startswith(table_prefix(experiment))
    assert table_prefix(experiment).startswith(OUTCOMES_PREFIX)


@given(names, st.integers(0, 999_999), st.integers(0, 999_999))
def test_keys_of_a_run_sort_by_shard(experiment: str, one: int, other: int) -> None:
    keys = [outcome_key(experiment, "r", "success", shard_id) for shard_id in (one, other)]
    assert (keys[0] < keys[1]) == (one < other)


def test_the_layout_is_the_one_that_the_tables_are_declared_over() -> None:
    key = "outcomes/experiment=mmc_queue/run_id=mmc_queue-0123456789ab/status=failure/shard-000012.parquet"
    assert outcome_key("mmc_queue", "mmc_queue-0123456789ab", "failure", 12) == key
    assert manifest_key("mmc_queue-0123456789ab") == "manifests/mmc_queue-0123456789ab.json"
    assert table_name("mmc_queue") == "outcomes_mmc_queue"


@given(names, sweep_ids)
def test_manifest_keys_are_read_as_written(experiment: str, sweep_id: str) -> None:
    run_id = run_id_for(experiment, sweep_id)
    assert run_id == f"{experiment}-{sweep_id[:12]}"
    assert manifest_key(run_id).startswith(MANIFESTS_PREFIX)
    assert run_id_of_manifest(manifest_key(run_id)) == run_id


@pytest.mark.parametrize(
    "key",
    [
        "",
        "manifests/r.json",
        "outcomes/experiment=e/run_id=r/status=success/",
        "outcomes/experiment=e/run_id=r/status=odd/shard-000001.parquet",
        "outcomes/experiment=e/run_id=r/status=success/shard-1.parquet",
        "outcomes/experiment=e/run_id=r/status=success/shard-000001.parquet.part",
        "outcomes/experiment=e/run_id=r/status=success/deep/shard-000001.parquet",
        "outcomes/experiment=/run_id=r/status=success/shard-000001.parquet",
        "old/outcomes/experiment=e/run_id=r/status=success/shard-000001.parquet",
    ],
)
def test_other_keys_are_not_outcomes(key: str) -> None:
    assert parse_outcome_key(key) is None
