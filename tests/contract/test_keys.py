"""Keys of the bucket: written and read back, and nothing else is taken for one."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.contract import STATUSES, Controls, read_controls, run_id_for, table_name
from workbench.contract.keys import (
    MANIFESTS_PREFIX,
    OUTCOMES_PREFIX,
    TAGS_PREFIX,
    Control,
    ControlKey,
    OutcomeKey,
    ReportKey,
    control_key,
    controls_prefix,
    manifest_key,
    outcome_key,
    outcomes_prefix,
    parse_control_key,
    parse_outcome_key,
    parse_report_key,
    report_key,
    reports_prefix,
    run_id_of_manifest,
    table_prefix,
    tags_key,
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
    assert tags_key("mmc_queue-0123456789ab") == f"{TAGS_PREFIX}mmc_queue-0123456789ab.json"
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


@given(names, sweep_ids, st.integers(0, 10**5), st.integers(0, 10**8), st.integers(0, 10**6), st.integers(0, 10**6))
def test_report_keys_are_read_as_written(
    experiment: str, sweep_id: str, generation: int, shard_id: int, failed: int, cancelled: int
) -> None:
    report = ReportKey(run_id_for(experiment, sweep_id), generation, shard_id, failed, cancelled)
    assert parse_report_key(report_key(report)) == report
    assert report_key(report).startswith(reports_prefix(report.run_id, generation))
    assert parse_outcome_key(report_key(report)) is None


@given(names, sweep_ids, st.integers(0, 10**5), st.sampled_from(get_args(Control)))
def test_control_keys_are_read_as_written(experiment: str, sweep_id: str, generation: int, control: Control) -> None:
    run_id = run_id_for(experiment, sweep_id)
    key = control_key(run_id, generation, control)
    assert parse_control_key(key) == ControlKey(run_id, generation, control)
    assert key.startswith(controls_prefix(run_id))
    assert parse_report_key(key) is None


@pytest.mark.parametrize(
    "key",
    [
        "controls/r/0000/begun.json",
        "controls/r/0000/cancelled",
        "reports/r/0000/shard-000001-1",
        "reports/r/shard-000001-1-1",
    ],
)
def test_other_keys_are_neither(key: str) -> None:
    assert parse_control_key(key) is None
    assert parse_report_key(key) is None


def test_the_controls_of_the_latest_generation_count() -> None:
    def keys(*controls: tuple[int, Control]) -> list[str]:
        return [control_key("r", generation, control) for generation, control in controls]

    assert read_controls([]) == Controls(generation=0, dispatched=False, cancelled=False)
    assert read_controls(keys((0, "dispatched"))) == Controls(generation=0, dispatched=True, cancelled=False)
    resumed = keys((0, "dispatched"), (0, "cancelled"), (1, "resumed"))
    assert read_controls([*resumed, "controls/r/readme"]) == Controls(generation=1, dispatched=False, cancelled=False)
    again = keys((1, "resumed"), (1, "cancelled"), (1, "dispatched"), (0, "dispatched"))
    assert read_controls(again) == Controls(generation=1, dispatched=True, cancelled=True)
