"""Archives of libraries: made once, equal wherever they are made, failures in words."""

from __future__ import annotations

import platform
import sys
import sysconfig
import venv
import zipfile
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from packages import BundlingError, Target, archive, check_pins

if TYPE_CHECKING:
    from pathlib import Path

HOST = Target(python=".".join(platform.python_version_tuple()[:2]), architecture="host")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A library of our own, so that no registry is asked."""
    path = tmp_path / "demo_library-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("demo_library/__init__.py", "ANSWER = 42\n")
        content.writestr("demo_library/tests/test_it.py", "")
        content.writestr("demo_library/__init__.pyi", "")
        content.writestr(
            "demo_library-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo-library\nVersion: 1.0\n"
        )
        content.writestr(
            "demo_library-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        content.writestr("demo_library-1.0.dist-info/entry_points.txt", "[console_scripts]\ndemo = demo_library:main\n")
        content.writestr("demo_library-1.0.dist-info/RECORD", "")
    return path


def make(wheel: Path, home: Path, monkeypatch: pytest.MonkeyPatch, *, target: Target = HOST, folder: str = "") -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    return archive([str(wheel)], constraints=home / "none.txt", target=target, folder=folder)


def test_libraries_are_put_into_the_folder_without_their_tests(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(wheel, tmp_path, monkeypatch, folder="python")
    names = zipfile.ZipFile(made).namelist()
    assert "python/demo_library/__init__.py" in names
    assert not [name for name in names if "tests" in name or name.endswith(".pyi")]


def test_libraries_for_this_python_bring_their_bytecode(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytecode = f"demo_library/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
    assert bytecode in zipfile.ZipFile(make(wheel, tmp_path, monkeypatch)).namelist()
    cloud = Target(python="3.99", architecture="arm64")
    elsewhere = zipfile.ZipFile(make(wheel, tmp_path, monkeypatch, target=cloud)).namelist()
    assert "demo_library/__init__.py" in elsewhere
    assert not [name for name in elsewhere if name.endswith(".pyc")]


def test_an_archive_is_made_once(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(wheel, tmp_path, monkeypatch)
    made.write_bytes(b"kept")
    assert make(wheel, tmp_path, monkeypatch) == made
    assert made.read_bytes() == b"kept"
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_equal_libraries_are_equal_bytes(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (make(wheel, tmp_path / name, monkeypatch) for name in ("a", "b"))
    assert first != second
    assert first.read_bytes() == second.read_bytes()


def test_equal_libraries_are_equal_bytes_in_another_environment(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = make(wheel, tmp_path / "a", monkeypatch)
    venv.create(tmp_path / "environment", symlinks=True)
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))
    # pip writes the interpreter's path into programs, and what it has installed, and from where, beside a library.
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "bin" / "python"))
    elsewhere = make(wheel.rename(tmp_path / "environment" / wheel.name), tmp_path / "b", monkeypatch)
    assert here.read_bytes() == elsewhere.read_bytes()


def test_other_pins_are_another_archive(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = make(wheel, tmp_path, monkeypatch)
    (tmp_path / "none.txt").write_text("demo-library==1.0\n")
    assert make(wheel, tmp_path, monkeypatch) != without


def test_a_library_that_cannot_be_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BundlingError, match="missing_library"):
        make(tmp_path / "missing_library-1.0-py3-none-any.whl", tmp_path, monkeypatch)
    assert not list((tmp_path / "packages").iterdir())


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_wheels_are_chosen_for_lambda(architecture: str, machine: str) -> None:
    options = Target(python="3.13", architecture=architecture).pip_options
    platforms = [value for flag, value in pairwise(options) if flag == "--platform"]
    assert platforms == [f"{name}_{machine}" for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]


def test_what_is_pinned_keeps_its_version(tmp_path: Path) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("# ours\nnetworkx==3.6.1\nPy_Thing.x==1.0\n")
    check_pins(["networkx==3.6.1", "py-thing-x[fast]==1.0", "ciw==3.2.7"], constraints)
    with pytest.raises(BundlingError) as refused:
        check_pins(["networkx==3.4.2", "py-thing-x[fast]==2.0", "ciw==3.2.7"], constraints)
    first, second = str(refused.value).splitlines()
    assert first.startswith("requirements: 'networkx==3.4.2' breaks the rule: constraints.txt pins 3.6.1, ")
    assert second.startswith("requirements: 'py-thing-x[fast]==2.0' breaks the rule: constraints.txt pins 1.0, ")
