"""The fingerprint of a package is that of all its modules; of a module, of that module."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fingerprint = Callable[[], str]

MODEL = """
from dataclasses import dataclass
from workbench.experiments import experiment
from {package}.inner.law import area

@dataclass
class Out:
    y: float

@experiment(version="1")
def square(*, x: float) -> Out:
    return Out(area(x))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lab_package"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text(MODEL.format(package="lab_package"))
    (folder / "inner" / "__init__.py").write_text("")
    (folder / "inner" / "law.py").write_text("def area(x): return x * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def fingerprint(module: str = "lab_package") -> str:
    for name in [name for name in sys.modules if name.startswith("lab_package")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    try:
        found: str = importlib.import_module(module).square.spec.fingerprint
    finally:
        for name in [name for name in sys.modules if name.startswith("lab_package")]:
            del sys.modules[name]
    return found


def test_a_change_in_any_module_of_a_package_is_other_code(package: Path) -> None:
    before = fingerprint()
    assert fingerprint() == before
    (package / "notes.txt").write_text("no code")
    assert fingerprint() == before
    law = package / "inner" / "law.py"
    law.write_text("def area(x): return x ** 2\n")
    changed = fingerprint()
    assert changed != before
    law.write_bytes(b"def area(x): return x ** 2\r\n")
    assert fingerprint() == changed
    law.rename(package / "inner" / "rule.py")
    (package / "__init__.py").write_text(MODEL.format(package="lab_package").replace("inner.law", "inner.rule"))
    assert fingerprint() not in {before, changed}


def test_a_module_within_a_package_stands_for_itself(package: Path) -> None:
    (package / "models.py").write_text(MODEL.format(package="lab_package"))
    before = fingerprint("lab_package.models")
    (package / "other.py").write_text("x = 1\n")
    assert fingerprint("lab_package.models") == before
