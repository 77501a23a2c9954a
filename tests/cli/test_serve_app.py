"""The web application's command says what is missing before it serves anything."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60
# As if the extra were not installed.
WITHOUT_VOILA = "import sys; sys.modules['voila'] = None; from workbench.cli import main; main()"


def refusal(program: str, *arguments: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, "app", "--no-browser", *arguments],
        env=os.environ | {"WORKBENCH_HOME": str(home), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_extra_is_named_where_voila_is_missing(tmp_path: Path) -> None:
    said = refusal(WITHOUT_VOILA, "--folder", str(tmp_path), home=tmp_path)
    assert "pip install 'sweep-workbench[notebooks]'" in said


def test_a_stack_that_does_not_run_is_reported_in_the_terminal(tmp_path: Path) -> None:
    said = refusal("from workbench.cli import main; main()", home=tmp_path)
    assert "workbench up" in said
