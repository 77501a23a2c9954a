"""`workbench up --experiments`: what is wrong with a module is said before anything is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


@pytest.mark.parametrize(("command", "named"), [("up", "option"), ("up", "variable"), ("app", "variable")])
def test_an_experiment_that_cannot_be_imported_is_named_with_its_line(tmp_path: Path, command: str, named: str) -> None:
    (tmp_path / "lab_models.py").write_text("x = 1\nfrom workbench import no_such_name\n")
    home = tmp_path / "home"
    arguments = [command, *(["--no-browser", "--folder", "runs"] if command == "app" else [])]
    arguments += ["--experiments", "lab_models"] if named == "option" else []
    environment = os.environ | {"PYTHONPATH": str(ROOT), "WORKBENCH_HOME": str(home), "COLUMNS": "300"}
    if named == "variable":
        environment |= {"WORKBENCH_EXPERIMENTS": "lab_models"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from workbench.cli import main; main()", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    said = done.stderr.replace("\n", " ")
    assert "experiments module 'lab_models' cannot be imported: ImportError: cannot import name 'no_such_name'" in said
    assert "lab_models.py, line 2)" in said
    assert not home.exists()
