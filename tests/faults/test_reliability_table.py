"""The table of faults names tests that there are, and every test of faults stands in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def functions_of(module: Path) -> set[str]:
    body = ast.parse(module.read_text("utf-8")).body
    return {item.name for item in body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")}


def named() -> set[tuple[str, str]]:
    return set(NAMED.findall(PAGE.read_text("utf-8")))


def test_every_test_that_is_named_exists() -> None:
    assert named()
    assert not [f"{module}::{test}" for module, test in sorted(named()) if test not in functions_of(TESTS / module)]


def test_every_test_of_a_fault_is_named() -> None:
    here = Path(__file__)
    tests = {
        (f"faults/{module.name}", test)
        for module in here.parent.glob("test_*.py")
        if module != here
        for test in functions_of(module)
    }
    assert sorted(tests - named()) == []
