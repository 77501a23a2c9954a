"""`workbench new`: what it writes works as it is, and it neither overwrites nor hides anything."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.cli.new_package import write_package
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package("my_model", tmp_path_factory.mktemp("new"))


def run(arguments: Sequence[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass(package: Path) -> None:
    assert "14 passed" in run(["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"], package)


def test_its_own_tests_can_fail(tmp_path: Path) -> None:
    package = write_package("other_model", tmp_path)
    module = package / "other_model.py"
    text = module.read_text()
    for right, wrong in (("step * abs", "2 * step * abs"), ("rng.random(steps)", "np.random.random(steps)")):
        assert right in text
        module.write_text(text.replace(right, wrong))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=package, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 1, done.stdout


def test_it_is_ready_for_a_deployment(package: Path) -> None:
    said = run(["-P", "-c", "from workbench.cli import main; main()", "check", "my_model"], package)
    assert {line.split()[0] for line in said.splitlines()} == {"ok"}


def test_its_notebook_runs(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook: Any = nbformat.read(package / "my_model.ipynb", as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=SECONDS, resources={"metadata": {"path": str(package)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_its_project_file_names_the_experiment(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my-model"
    assert any(dependency.startswith("sweep-workbench") for dependency in project["dependencies"])
    assert project["entry-points"]["workbench.experiments"] == {"my_model": "my_model"}


def test_no_word_of_a_template_is_left(package: Path) -> None:
    texts = [path.read_text() for path in package.rglob("*") if path.suffix in {".py", ".toml", ".ipynb"}]
    assert len(texts) >= 4
    assert not [text for text in texts if "${" in text or "random_walk" in text]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("class", "is a word of the language"),
        ("3d", "must be lower case, start with a letter"),
        ("My_model", "must be lower case"),
        ("my-model", "must be lower case"),
        ("../model", "must be lower case"),
        ("", "must be lower case"),
        ("m" * 64, "63 at most"),
        ("np", "has a meaning of its own"),
        ("abs", "has a meaning of its own"),
        ("row_index", "has a meaning of its own"),
        ("numpy", "would be hidden: choose another, such as numpy_model"),
        ("json", "would be hidden"),
        ("workbench", "would be hidden"),
        ("mmc_queue", "is an experiment that is there already"),
    ],
)
def test_a_bad_name_is_refused_with_a_remedy(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(WorkbenchError, match=words):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "my_model").mkdir()
    with pytest.raises(WorkbenchError, match="nothing is overwritten"):
        write_package("my_model", tmp_path)
    assert list((tmp_path / "my_model").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkbenchError, match=r"file/my_model cannot be written .*choose another --folder"):
        write_package("my_model", tmp_path / "file")


def test_the_command_says_what_comes_next(tmp_path: Path) -> None:
    said = run(["-P", "-c", "from workbench.cli import main; main()", "new", "my_model"], tmp_path)
    for words in ("my_model.ipynb", "python -m pytest", "workbench check my_model", "up --experiments my_model"):
        assert words in said
    assert (tmp_path / "my_model" / "tests" / "test_my_model.py").is_file()


def test_the_next_step_can_be_pasted_whatever_the_folder_is_called(tmp_path: Path) -> None:
    said = run(
        ["-P", "-c", "from workbench.cli import main; main()", "new", "my_model", "--folder", "of two words"], tmp_path
    )
    (step,) = (line.strip() for line in said.splitlines() if line.strip().startswith("cd "))
    done = subprocess.run(["sh", "-ec", f"{step}; ls"], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S607
    assert "my_model.py" in done.stdout.split()
