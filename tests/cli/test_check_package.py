"""`workbench check`: what is ready passes, and every way not to be ready is found and named."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workbench.cli.check_package import look
from workbench.cli.probe import CARRIED
from workbench.errors import SweepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.cli.check_findings import Finding

    Check = Callable[..., list[Finding]]

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0
HEAD = """
from dataclasses import dataclass
from typing import Annotated, Literal
import numpy as np
from annotated_types import Gt, Interval
from workbench import RowStreams, experiment

@dataclass(frozen=True)
class Answer:
    answer: float
"""
PLAIN = HEAD + '\n@experiment(version="1")\ndef lab_model(*, x: float = 1.0) -> Answer:\n    '
ARRAYS = (
    HEAD
    + '\n@experiment(version="1", vectorized=True)\ndef lab_model(*, x: float = 1.0, rng: RowStreams) -> Answer:\n    '
)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a text as a module of the folder that one works in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def check_text(text: str, *settings: str, seconds: float = SECONDS) -> list[Finding]:
        (tmp_path / "lab_models.py").write_text(text, encoding="utf-8")
        return look(["lab_models"], list(settings), seconds=seconds)

    return check_text


def problems(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.level == "problem"]


def warnings(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.level == "warning"]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + "return Answer(answer=2 * x)\n",
        PLAIN.replace("x: float = 1.0", 'kind: Literal["a", "b"], on: bool, rng: np.random.Generator')
        + "return Answer(answer=float(rng.random()))\n",
        ARRAYS + "return Answer(answer=x + rng.random())\n",
    ],
)
def test_what_is_ready_passes(check: Check, text: str) -> None:
    findings = check(text)
    assert [finding.level for finding in findings] == ["ok"] * 6
    assert "rows/s" in str(findings[4])
    assert "shards of" in str(findings[4])


def test_slow_rows_are_tried_as_far_as_time_lets(check: Check) -> None:
    text = PLAIN.replace("x: float = 1.0", "x: float = 1.0, rng: np.random.Generator")
    findings = check("import time\n" + text + "time.sleep(0.2)\n    return Answer(answer=x + rng.random())\n")
    assert problems(findings) == []
    (same,) = (finding.message for finding in findings if "same bits" in finding.message)
    assert 1 <= int(same.split()[1]) <= 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN + "import time\n    return Answer(answer=time.perf_counter())\n", "from one evaluation to the next"),
        (
            PLAIN + "seen.append(x)\n    return Answer(answer=float(len(seen)))\nseen = []\n",
            "from one evaluation to the next",
        ),
        (PLAIN + "return Answer(answer=np.random.random())\n", "from one evaluation to the next"),
        (PLAIN + "return Answer(answer=float(hash('x')))\n", "from one process to the next"),
        (ARRAYS + "return Answer(answer=x + rng.random().mean())\n", "or of the rows it is evaluated with"),
    ],
    ids=["clock", "state", "global", "hash", "company"],
)
def test_what_is_not_deterministic_is_refused(check: Check, text: str, words: str) -> None:
    (problem,) = problems(check(text))
    assert words in problem
    assert "answer=" in problem
    assert "draw from rng alone" in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import pandas\n" + PLAIN + "return Answer(answer=x)\n", "does not carry 'pandas' (*lab_models.py, line 1)"),
        (
            "import lab_beside\n" + PLAIN + "return Answer(answer=x)\n",
            "does not carry 'lab_beside' (*lab_models.py, line 1)",
        ),
        ("import workbench.runs\n" + PLAIN + "return Answer(answer=x)\n", "does not carry 'workbench.runs'"),
        (PLAIN + "import pandas\n    return Answer(answer=x)\n", "does not carry 'pandas' (*lab_models.py, line 14)"),
        (
            "try:\n    import pandas\nexcept ImportError:\n    pandas = None\n"
            + PLAIN
            + "return Answer(answer=x if pandas else -x)\n",
            "differs where pandas is missing: answer=1.0, then answer=-1.0",
        ),
    ],
    ids=["import", "neighbour", "ours", "late", "optional"],
)
def test_what_a_deployment_would_miss_is_named(check: Check, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "lab_beside.py").write_text("")
    (problem,) = problems(check(text))
    before, _, after = words.partition("*")
    assert before in problem
    assert after in problem
    assert "it carries the standard library and" in problem


def test_a_package_brings_its_own_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lab_package").mkdir()
    text = "from pathlib import Path\nfrom lab_package import rates\n" + PLAIN
    text += "return Answer(answer=x * float(Path(__file__).with_name('rate.txt').read_text()))\n"
    (tmp_path / "lab_package" / "__init__.py").write_text(text)
    (tmp_path / "lab_package" / "rates.py").write_text("")
    (tmp_path / "lab_package" / "rate.txt").write_text("2.5")
    findings = look(["lab_package"], [], seconds=SECONDS)
    assert [finding.level for finding in findings] == ["ok"] * 6
    assert "copies 3 files" in str(findings[1])


@pytest.mark.parametrize("indent", ["import", "row"])
def test_data_that_is_left_behind_is_named(check: Check, tmp_path: Path, indent: str) -> None:
    (tmp_path / "rate.csv").write_text("2.5")
    read = "float(open('rate.csv').read())"
    text = f"rate = {read}\n" + PLAIN + "return Answer(answer=x * rate)\n"
    if indent == "row":
        text = PLAIN + f"return Answer(answer=x * {read})\n"
    (problem,) = problems(check(text))
    assert "rate.csv, which a deployment leaves behind" in problem


def test_what_importing_does_besides_is_told(check: Check, tmp_path: Path) -> None:
    text = "import subprocess, sys\nprint('hello')\nopen('made.txt', 'w').close()\n"
    text += "subprocess.run([sys.executable, '-c', ''])\n"
    told = warnings(check(text + PLAIN + "return Answer(answer=x)\n"))
    assert [
        word for word in ("writes", "starts a process", "prints 'hello'") if not any(word in line for line in told)
    ] == []
    assert not any("__pycache__" in str(path) for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (\n", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 ("),
        (PLAIN.replace("x: float", "X: list") + "return Answer(answer=1.0)\n", "'X' must be lower case"),
        (
            PLAIN.replace("lab_model", "mmc_queue") + "return Answer(answer=1.0)\n",
            "two experiments are named 'mmc_queue'",
        ),
        ("import os\nos._exit(7)\n", "ended its process with status 7"),
    ],
)
def test_a_module_that_cannot_be_used_is_one_problem(check: Check, text: str, words: str) -> None:
    (finding,) = check(text)
    assert finding.level == "problem"
    assert words in str(finding)
    assert "lab_models" in str(finding)


def test_a_module_that_never_ends_is_a_problem(check: Check) -> None:
    (problem,) = problems(check("import time\ntime.sleep(600)\n", seconds=3.0))
    assert "no answer within 3 s" in problem


def test_a_row_that_ends_its_process_is_a_problem(check: Check) -> None:
    (problem,) = problems(check("import os\n" + PLAIN + "os._exit(9)\n"))
    assert "ended its process with status 9" in problem


def test_rows_that_fail_are_named_with_the_line(check: Check) -> None:
    (problem,) = problems(check(PLAIN + "y = x - 1\n    return Answer(answer=1 / y)\n"))
    assert "64 of 64 rows failed: ZeroDivisionError" in problem
    assert "lab_models.py, line 15), at x=1.0" in problem
    (warning,) = warnings(check(PLAIN + "y = x - 1\n    return Answer(answer=1 / y)\n", "x=1,2"))
    assert "32 of 64 rows failed" in warning
    arrays = check(ARRAYS + "return Answer(answer=x[:3])\n")
    assert any("SCHEMA" in line and "came shape (" in line for line in problems(arrays))


REQUIRED = PLAIN.replace("x: float = 1.0", "n: Annotated[int, Gt(0)], y: float") + "return Answer(answer=n / y)\n"


def test_a_value_that_nobody_gave_is_asked_for_or_made_up(check: Check) -> None:
    with pytest.raises(SweepError, match="add --set y=value,value") as caught:
        check(REQUIRED)
    assert len(caught.value.faults) == 1
    findings = check(REQUIRED, "y=1,2")
    (warning,) = warnings(findings)
    assert "tried at n=1, made up from bounds" in warning
    assert problems(findings) == []
    assert warnings(check(REQUIRED, "y=1,2", "n=5")) == []
    with pytest.raises(SweepError, match="none of the experiments has such a parameter"):
        check(REQUIRED, "z=1")


RULED = PLAIN.replace('(version="1")', '(version="1", rules=[requires("y", gt=0, when={"kind": "fast"})])').replace(
    "x: float = 1.0", 'kind: Literal["slow", "fast"] = "slow", on: bool = False, y: float = 0.0'
)


def test_choices_are_tried_as_far_as_rules_let_them(check: Check) -> None:
    text = (
        "from workbench.experiments import requires\n"
        + RULED
        + "return Answer(answer=1 / (kind == 'slow') + on / (1 - on))\n"
    )
    untried, failed = warnings(check(text))
    assert "not tried at kind=fast, which a rule refuses beside the other values; try that by --set" in untried
    assert "ZeroDivisionError" in failed
    assert "kind=slow, on=True" in failed
    (problem,) = problems(check(text, "kind=fast", "y=1"))
    assert "64 of 64 rows failed" in problem
    with pytest.raises(SweepError, match="y > 0 where kind is 'fast'"):
        check(text, "kind=fast")


def test_a_large_package_is_told(check: Check, tmp_path: Path) -> None:
    (tmp_path / "lab_large").mkdir()
    (tmp_path / "lab_large" / "__init__.py").write_text(PLAIN + "return Answer(answer=x)\n")
    with (tmp_path / "lab_large" / "data.bin").open("wb") as data:
        data.truncate(30 * 2**20)
    (warning,) = warnings(look(["lab_large"], [], seconds=SECONDS))
    assert "31.5 MB; keep data out of the package, such as data.bin" in warning


def test_the_libraries_of_the_child_are_those_of_the_template() -> None:
    tree = ast.parse((ROOT / "cdk" / "bundling.py").read_text())
    values = {
        node.target.id: node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    layer = ast.literal_eval(values["_LAYER_LIBRARIES"])
    assert {name.replace("-", "_") for name in layer} <= CARRIED
    assert all(importlib.util.find_spec(name) for name in CARRIED)


@pytest.mark.parametrize(("text", "status"), [(PLAIN + "return Answer(answer=x)\n", 0), ("x = 1\nx = (\n", 1)])
def test_the_command_says_it_in_lines_and_by_its_status(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "lab_models.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from workbench.cli import main; main()", "check", "lab_models"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, "")
    levels = {line.split()[0] for line in done.stdout.splitlines()}
    assert levels == ({"problem"} if status else {"ok"})
    if status:
        assert f"{tmp_path / 'lab_models.py'}, line 2)" in done.stdout
