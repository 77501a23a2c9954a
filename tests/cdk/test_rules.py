"""The template against rules that others wrote: cdk-nag's at synthesis, cfn-lint's afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from conftest import Synthesized


def test_a_finding_without_a_reason_stops_the_synthesis(
    tmp_path: Path, own_app: Path, synthesize: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    api = own_app.with_name("api.py")
    text = api.read_text()
    assert "AwsSolutions-APIG3" in text
    api.write_text(text.replace("AwsSolutions-APIG3", "AwsSolutions-APIG99"))

    done = synthesize(own_app, tmp_path / "out")

    assert done.returncode != 0
    assert "AwsSolutions-APIG3" in done.stdout + done.stderr
    assert "AwsSolutions-IAM5" not in done.stdout + done.stderr


def test_cfn_lint_finds_no_error(synthesized: Synthesized) -> None:
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--ignore-checks",
        "W",
        "--",
        str(synthesized.template_file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_app_refuses_a_wrong_context_in_words(
    tmp_path: Path, checkout: Path, synthesize: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = synthesize(checkout / "cdk" / "app.py", tmp_path, max_shard=3)
    assert done.returncode == 1
    assert "max_shard: there is no such setting" in done.stderr
    assert "Traceback" not in done.stderr


MANY = """
from dataclasses import dataclass

from workbench.experiments import experiment


@dataclass(frozen=True)
class Same:
    found: float


for number in range(80):
    exec(f"def same_{number}(*, y: float) -> Same: return Same(found=y)")
    globals()[f"same_{number}"] = experiment(version="1")(globals()[f"same_{number}"])
"""


def test_the_app_refuses_more_experiments_than_cloudformation_takes_in_words(
    tmp_path: Path,
    checkout: Path,
    synthesize: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "many_models.py").write_text(MANY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = synthesize(checkout / "cdk" / "app.py", tmp_path / "out", experiments="many_models")
    assert done.returncode == 1
    assert "experiments: the template of 83 has " in done.stderr
    assert "CloudFormation takes 500 " in done.stderr
    assert "Traceback" not in done.stderr
