"""The context of a deployment: read, checked, every fault at once."""

from __future__ import annotations

import platform

import pytest

from config import ConfigError, StageConfig, read_config

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
    ],
)
def test_a_fault_names_its_setting(context: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=rf"(?m)^  {named}: "):
        read_config(context)


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({"max_shards": 0, "child_timeout_s": 1, "stack_name": "-"})
    named = {line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]}
    assert named == {"stack_name", "child_timeout_s", "max_shards"}


def test_the_emulator_runs_on_this_machine() -> None:
    config = read_config({"architecture": "host", "python": HERE, "emulator": True})
    assert (config.architecture, config.python, config.emulator) == ("host", HERE, True)
