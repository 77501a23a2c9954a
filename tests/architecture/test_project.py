"""The project's own rules, held by tests: imports, sizes, public names, pins, and what must never be committed."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it comes with cfn-lint; its stubs do not
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

import workbench

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}
MAX_LINES = 300
# Classes of one character keep the patterns from matching their own text.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:[w]ork|[r]oot|home/[a-z]\w*|Users/[A-Z]?\w+|opt/[w]heels)/"),
    "the address of a registry": re.compile(
        r"--(?:extra-)?[i]ndex-url|--[f]ind-links|[p]ypi\.org/simple|[f]iles\.pythonhosted|registry\.[n]pmjs|codeartifact\.\w"
    ),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "an AWS account": re.compile(r"(?<![\w.])(?!0{12})\d{12}(?![\w.])"),
}


def of_the_project() -> list[Path]:
    """Every file that is committed or would be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- whichever git is there
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def requirements(*extras: str) -> list[Requirement]:
    """What pyproject asks for, our own extras left out: they only gather what stands elsewhere."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    found = [Requirement(text) for text in texts]
    return [requirement for requirement in found if requirement.name != PROJECT["name"]]


def pins() -> dict[str, str]:
    pairs = (line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    return {canonicalize_name(name): version for name, version in pairs}


def public_packages() -> list[str]:
    walked = pkgutil.walk_packages(workbench.__path__, "workbench.")
    return ["workbench", *(module.name for module in walked if module.ispkg)]


def notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_import_rule_holds() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_python_file_is_too_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in of_the_project() if path.suffix == ".py"}
    assert lengths
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("name", public_packages())
def test_public_names_are_sorted_and_there(name: str) -> None:
    package = importlib.import_module(name)
    public = list(getattr(package, "__all__", ()))
    # As ruff sorts them: constants, classes, functions.
    assert public == sorted(public, key=lambda item: (not item.isupper(), not item[0].isupper(), item))
    assert [item for item in public if not hasattr(package, item)] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_one_machine_or_account_is_committed(what: str) -> None:
    found = []
    for path in of_the_project():
        for number, line in enumerate(path.read_bytes().decode("utf-8", errors="replace").splitlines(), start=1):
            if match := FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "open('/" + "root/x')"),
        ("a path of one machine", '"/' + 'home/ada/x"'),
        ("the address of a registry", "--index" + "-url=x --extra-index" + "-url"),
        ("an AWS access key", "AK" + "IA" + "A" * 16),
        ("an AWS account", "arn:aws:iam::" + "123456" + "789012:role/x"),
    ],
)
def test_what_is_forbidden_is_recognised(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_constraints_hold_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []
    assert len(pins()) == len(lines), "a package is pinned twice"


def test_constraints_pin_every_dependency_within_its_bounds() -> None:
    pinned = pins()
    outside = [
        str(requirement)
        for requirement in requirements(*PROJECT["optional-dependencies"])
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"))
    ]
    assert outside == []


def test_the_conda_environment_asks_for_what_pyproject_asks_for() -> None:
    specs = list(yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"])
    found = {
        spec.name.normalized: str(spec.version) for spec in (MatchSpec(text) for text in specs if isinstance(text, str))
    }
    assert found.pop("python") == PROJECT["requires-python"]
    del found["pip"]
    pinned = pins()
    for requirement in requirements():
        bounds = found.pop(CONDA_NAMES.get(requirement.name, requirement.name))
        assert bounds in {str(requirement.specifier), f"=={pinned[requirement.name]}"}, requirement
    assert found == {}
    (pip,) = (spec["pip"] for spec in specs if isinstance(spec, dict))
    assert all(text.startswith("-e .[") for text in pip)


def test_the_entry_of_continuous_integration_runs_make_test() -> None:
    entry = ROOT / ".ci" / "run"
    assert os.access(entry, os.X_OK)
    assert re.search(r"^make\b.* test$", entry.read_text(), flags=re.MULTILINE)


def test_the_readme_names_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme


def test_there_are_notebooks() -> None:
    assert notebooks()


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.name)
def test_every_cell_of_a_notebook_was_run_in_order_without_error(path: Path) -> None:
    # nbval passes over cells that were never run.
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"] == []


def test_every_numbered_decision_is_there_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    assert numbers
