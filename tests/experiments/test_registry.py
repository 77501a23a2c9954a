"""The registry: every module that is named or installed is found, and what is wrong with one is said."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from workbench import experiments
from workbench.contract import Catalog, Environment, decode
from workbench.errors import ExperimentError
from workbench.experiments import Experiment, catalog, discover, find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, str], None]

MODULE = """
from dataclasses import dataclass
from workbench.experiments import experiment

@dataclass
class Area:
    area: float

@experiment(version="1")
def {name}(*, width: float) -> Area:
    return Area(width)
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Put a module where imports find it; forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)

    def write_module(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        # Set, then deleted: whatever the test imports under this name is taken out again afterwards.
        monkeypatch.setitem(sys.modules, name, sys)
        monkeypatch.delitem(sys.modules, name)
        importlib.invalidate_caches()

    return write_module


def found(modules: str) -> dict[str, Experiment[..., Any]]:
    return discover({Environment.EXPERIMENTS: modules})


def test_what_comes_with_us_is_found_in_order() -> None:
    known = discover({})
    assert {"mmc_queue", "sir_epidemic"} <= set(known)
    assert list(known) == sorted(known)
    assert all(item.spec.name == name for name, item in known.items())
    assert known["mmc_queue"] is experiments.mmc_queue
    assert find("sir_epidemic") is experiments.sir_epidemic


def test_there_is_nothing_else_in_the_package() -> None:
    with pytest.raises(AttributeError, match="no attribute 'mm_queue'"):
        _ = experiments.mm_queue


def test_modules_of_the_lab_are_found(write: Write) -> None:
    write("lab_one", MODULE.format(name="lab_square"))
    write("lab_two", MODULE.format(name="lab_circle"))
    assert {"lab_square", "lab_circle", "mmc_queue"} <= set(found(" lab_one, lab_two,,lab_one "))


def test_installed_modules_are_found(write: Write, tmp_path: Path) -> None:
    write("lab_installed", MODULE.format(name="lab_square"))
    information = tmp_path / "lab_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-package\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[workbench.experiments]\nlab = lab_installed\n")
    assert "lab_square" in discover({})


def test_the_environment_is_read_by_default(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("lab_environment", MODULE.format(name="lab_square"))
    assert "lab_square" not in discover()
    monkeypatch.setenv(Environment.EXPERIMENTS, "lab_environment")
    assert "lab_square" in discover()
    assert find("lab_square") is discover()["lab_square"]
    assert catalog().find("lab_square") == find("lab_square").spec


def test_an_experiment_imported_from_elsewhere_is_not_counted_twice(write: Write) -> None:
    write("lab_source", MODULE.format(name="lab_square"))
    write("lab_user", "from lab_source import lab_square\n" + MODULE.format(name="lab_circle"))
    known = found("lab_user,lab_source")
    assert known["lab_square"].__module__ == "lab_source"
    alias = "\nsame_again = lab_circle\n"
    write("lab_alias", MODULE.format(name="lab_circle") + alias)
    assert "lab_circle" in found("lab_alias")


def test_two_of_one_name_are_refused(write: Write) -> None:
    write("lab_first", MODULE.format(name="lab_square"))
    write("lab_second", MODULE.format(name="lab_square"))
    with pytest.raises(ExperimentError, match=r"'lab_square', in lab_first \(line 9\) and lab_second \(line 9\)"):
        found("lab_first,lab_second")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n\n1 / 0\n", r"ZeroDivisionError: division by zero \(.*lab_broken\.py, line 3\)"),
        ("import no_such_module_here\n", r"No module named 'no_such_module_here' \(.*lab_broken\.py, line 1\)"),
        ("x = 1\ndef f(:\n", r"SyntaxError: .*lab_broken\.py, line 2"),
        (
            MODULE.format(name="Upper"),
            r"ExperimentError: experiment Upper \(lab_broken, line 9\)[\s\S]*lower case[\s\S]*lab_broken\.py, line 9\)",
        ),
        ("import numpy as np\n\nnp.zeros(3).reshape(7)\n", r"ValueError: cannot reshape .*lab_broken\.py, line 3\)"),
        ("import sys\nsys.exit('not now')\n", r"SystemExit: not now \(.*lab_broken\.py, line 2\)"),
    ],
)
def test_a_module_that_fails_is_named_with_the_line(write: Write, text: str, words: str) -> None:
    write("lab_broken", text)
    with pytest.raises(ExperimentError, match=r"experiments module 'lab_broken' cannot be imported: " + ".*" + words):
        found("lab_broken")


def test_a_part_of_a_package_that_fails_is_named_with_its_own_line(write: Write, tmp_path: Path) -> None:
    (tmp_path / "lab_whole").mkdir()
    (tmp_path / "lab_whole" / "__init__.py").write_text("from lab_whole import inner\n")
    (tmp_path / "lab_whole" / "inner.py").write_text("import json\n\njson.loads('{')\n")
    with pytest.raises(ExperimentError, match=r"module 'lab_whole' .*JSONDecodeError.*inner\.py, line 3\)"):
        found("lab_whole")
    write("lab_beside", "x = 1\nx +\n")
    write("lab_user", "import lab_beside\n")
    with pytest.raises(ExperimentError, match=r"module 'lab_user' .*SyntaxError.*lab_beside\.py, line 2\)"):
        found("lab_user")


@pytest.mark.parametrize(
    ("name", "words"),
    [("lab_square.py", "is a file: name the module, 'lab_square'"), (".lab", "cannot be imported: TypeError")],
)
def test_what_is_no_name_of_a_module_is_refused(write: Write, name: str, words: str) -> None:
    write("lab_square", MODULE.format(name="lab_square"))
    with pytest.raises(ExperimentError, match=words):
        found(name)


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lab_folder", "lab_beside"):
        (tmp_path / name).mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExperimentError, match=r"'lab_folder' is a folder without __init__\.py \(.*give it an __init__"):
        found("lab_folder")
    # Whoever made a package and stands beside it.
    (tmp_path / "lab_beside" / "lab_beside.py").write_text(MODULE.format(name="lab_beside"))
    with pytest.raises(ExperimentError, match=r"work in it, or put it on PYTHONPATH, for it holds lab_beside\.py"):
        found("lab_beside")


def test_a_module_of_the_interpreter_is_refused() -> None:
    with pytest.raises(ExperimentError, match=r"'sys' declares no experiment \(built into Python\): decorate"):
        found("sys")


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ExperimentError, match=r"'no_such_module_here' cannot be imported: .*PYTHONPATH"):
        found("no_such_module_here")


def test_a_module_without_experiments_is_refused(write: Write) -> None:
    write("lab_empty", "from workbench.experiments import mmc_queue\n")
    with pytest.raises(ExperimentError, match=r"'lab_empty' declares no experiment \(.*lab_empty\.py\): decorate"):
        found("lab_empty")


def test_an_unknown_name_shows_its_neighbours() -> None:
    with pytest.raises(ExperimentError) as caught:
        find("mmc_quue")
    message = str(caught.value)
    assert "did you mean 'mmc_queue'?" in message
    assert f"Known: {', '.join(discover())}." in message
    assert "WORKBENCH_EXPERIMENTS" in message
    with pytest.raises(ExperimentError, match="no experiment is named 'zzz'; Known"):
        find("zzz")


def test_the_catalog_is_printed_for_a_deployment() -> None:
    command = [sys.executable, "-m", "workbench.experiments"]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert printed.count(b"\n") == 1
    assert decode(printed, Catalog, source="test") == catalog()


def test_what_stops_the_catalog_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lab_broken.py").write_text("x = (\n")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        Environment.EXPERIMENTS.value: "lab_broken",
    }
    command = [sys.executable, "-m", "workbench.experiments"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: experiments module 'lab_broken' cannot be imported: SyntaxError")
    assert "lab_broken.py, line 1)" in done.stderr
    assert "Traceback" not in done.stderr
