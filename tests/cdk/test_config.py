"""The context of a deployment: read, checked, every fault at once."""

from __future__ import annotations

import platform

import pytest

from config import ConfigError, StageConfig, read_config
from rules import RULES

HERE = ".".join(platform.python_version_tuple()[:2])


def test_an_empty_context_is_the_default_deployment() -> None:
    assert read_config({}) == StageConfig()


def test_values_from_the_command_line_are_text() -> None:
    context = {"max_rows": "500", "experiments": "my_pkg.models, other", "child_memory_mb": "2048", "python": "3.12"}
    assert read_config(context) == StageConfig(
        max_rows=500, experiments=("my_pkg.models", "other"), child_memory_mb=2048, python="3.12"
    )


def test_keys_of_the_cdk_are_passed_over() -> None:
    assert read_config({"aws:cdk:enable-path-metadata": True, "@aws-cdk/core:x": True, "cli-telemetry": False}) == (
        StageConfig()
    )


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), (True, True)])
def test_truth_is_read_from_text(text: object, value: bool) -> None:  # noqa: FBT001 -- a case of the table
    assert read_config({"emulator": text}).emulator is value


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"max_shard": 3}, "max_shard"),
        ({"stackName": "mine"}, "stackName"),
        ({"MAX_ROWS": 3}, "MAX_ROWS"),
        ({"max_rows2": 3}, "max_rows2"),
        ({"max_shards": 0}, "max_shards"),
        ({"max_shards": "many"}, "max_shards"),
        ({"max_shards": True}, "max_shards"),
        ({"emulator": "perhaps"}, "emulator"),
        ({"stack_name": "with space"}, "stack_name"),
        ({"stack_name": 7}, "stack_name"),
        ({"architecture": "mips"}, "architecture"),
        ({"architecture": "host", "python": HERE}, "architecture"),
        ({"architecture": "host", "python": "2.7", "emulator": True}, "python"),
        ({"python": "3.11"}, "python"),
        ({"child_memory_mb": 128}, "child_memory_mb"),
        ({"child_timeout_s": 901}, "child_timeout_s"),
        ({"experiments": "not-a-module"}, "experiments"),
        ({"experiments": True}, "experiments"),
        ({"experiments": {"my_package": True}}, "experiments"),
        ({"reserved_concurrency": 0}, "reserved_concurrency"),
        ({"provisioned_concurrency": -1}, "provisioned_concurrency"),
        ({"provisioned_concurrency": 1.5}, "provisioned_concurrency"),
        ({"retries": 3}, "retries"),
        ({"requirements": "networkx"}, "requirements"),
        ({"requirements": "networkx>=3"}, "requirements"),
        ({"requirements": ["networkx==3.4", "--pre"]}, "requirements"),
        ({"ingress": "off"}, "ingress"),
        ({"source_accounts": "12"}, "source_accounts"),
        ({"vpc_endpoints": "vpc-0a1b2c3d"}, "vpc_endpoints"),
        ({"kms_key_arn": "alias/mine"}, "kms_key_arn"),
        ({"removal_policy": "snapshot"}, "removal_policy"),
        ({"run_expiry_days": 6}, "run_expiry_days"),
        ({"log_retention_days": 31}, "log_retention_days"),
        ({"log_retention_days": True}, "log_retention_days"),
        ({"alarm_email": "nobody"}, "alarm_email"),
        ({"alarm_email": 7}, "alarm_email"),
    ],
)
def test_a_fault_names_its_setting(context: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=rf"(?m)^  {named}: "):
        read_config(context)


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(
            {"max_shards": 0, "child_timeout_s": 1, "stack_name": "-", "architecture": "host", "typo": 1},
            {"WORKBENCH_STAGE_RETRIES": "many", "WORKBENCH_STAGE_ODD": "1"},
        )
    named = [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]]
    assert sorted(named) == [
        *("architecture", "child_timeout_s", "max_shards", "odd", "python", "retries", "stack_name", "typo")
    ]


def test_a_fault_tells_the_value_the_rule_and_where_it_comes_from() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({"requirements": "a==1, b"}, {"WORKBENCH_STAGE_RETRIES": "5"})
    assert str(caught.value).splitlines()[1:] == [
        f"  requirements: 'b' breaks the rule: {RULES['requirements'].text}",
        "  retries: '5' breaks the rule: a whole number from 0 to 2 (from WORKBENCH_STAGE_RETRIES)",
    ]


def test_the_environment_says_what_the_context_does_not() -> None:
    environ = {"WORKBENCH_STAGE_MAX_ROWS": "500", "WORKBENCH_STAGE_RETRIES": "1", "WORKBENCH_BUCKET": "other", "X": ""}
    assert read_config({"retries": 0}, environ) == StageConfig(max_rows=500, retries=0)


def test_a_faulty_variable_is_no_matter_where_the_context_has_the_setting() -> None:
    assert read_config({"retries": 0}, {"WORKBENCH_STAGE_RETRIES": "many"}) == StageConfig(retries=0)


def test_the_emulator_is_the_same_whatever_is_exported() -> None:
    assert read_config({"emulator": "true"}, {"WORKBENCH_STAGE_STACK_NAME": "mine"}) == StageConfig(emulator=True)


@pytest.mark.parametrize("name", ["reserved_concurrency", "kms_key_arn", "run_expiry_days", "alarm_email"])
@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_is_a_value_of_what_is_optional(name: str, nothing: object) -> None:
    assert read_config({name: nothing}) == StageConfig()


@pytest.mark.parametrize("name", ["experiments", "requirements", "source_accounts", "vpc_endpoints"])
@pytest.mark.parametrize("nothing", ["", None, [], " , "])
def test_an_empty_list_is_nothing(name: str, nothing: object) -> None:
    assert read_config({name: nothing}) == StageConfig()


def test_the_emulator_runs_on_this_machine() -> None:
    config = read_config({"architecture": "host", "python": HERE, "emulator": True})
    assert (config.architecture, config.python, config.emulator) == ("host", HERE, True)
