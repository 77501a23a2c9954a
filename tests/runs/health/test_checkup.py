"""The order of the checks: where one is bad, those that depend on it are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.runs.health.checkup import Place, examine, examine_place

if TYPE_CHECKING:
    from pathlib import Path

    import boto3


def test_the_emulator_is_stopped(bare_machine: None, tmp_path: Path) -> None:
    *before, last = examine("local")
    assert [finding.name for finding in before] == ["python", "fork", "disk"]
    assert (last.name, last.verdict, last.remedy) == ("emulator", "bad", "run `workbench up`")
    assert str(tmp_path) in last.seen


def test_a_profile_that_is_not_there(bare_machine: None) -> None:
    last = list(examine("sweeps", profile="nobody"))[-1]
    assert (last.name, last.verdict) == ("profile", "bad")
    assert "nobody" in last.seen


@pytest.mark.parametrize(
    ("region", "expected"), [(None, "region"), ("no region", "region"), ("eu-west-1", "credentials")]
)
def test_a_machine_without_configuration(bare_machine: None, region: str | None, expected: str) -> None:
    last = list(examine("sweeps", region=region))[-1]
    assert (last.name, last.verdict) == (expected, "bad")
    assert last.remedy


def test_nobody_answers(session: boto3.session.Session, closed_url: str) -> None:
    place = Place(stack_name="sweeps", session=session, remedy="deploy", repair="repair", endpoint_url=closed_url)
    assert [(finding.name, finding.verdict) for finding in examine_place(place)] == [
        ("region", "ok"),
        ("credentials", "bad"),
    ]


def test_the_command_ends_with_status_1(bare_machine: None) -> None:
    done = CliRunner().invoke(app, ["doctor", "--stack", "sweeps"])
    assert done.exit_code == 1
    assert "bad  region      none is named" in done.output
    assert "-> name the stack's: --region" in done.output
