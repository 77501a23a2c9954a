"""The table in the docs is that of the program: every setting, its default, and its rule in the program's own words."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from config import PREFIX, StageConfig
from rules import RULES

if TYPE_CHECKING:
    from pathlib import Path


def rows(checkout: Path) -> dict[str, list[str]]:
    """Cells behind the name, by name."""
    table, _, _ = (checkout / "docs" / "configuration.md").read_text().partition("\n## ")
    lines = table.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {name.strip("`"): others for name, *others in cells}


def shown(default: object) -> str:
    match default:
        case None | ():
            return "nothing"
        case bool():
            return str(default).lower()
        case int():
            return f"{default:,}"
    return f"`{default}`"


def test_every_setting_has_a_rule_and_a_row(checkout: Path) -> None:
    names = [field.name for field in fields(StageConfig)]
    assert list(RULES) == names
    assert list(rows(checkout)) == names


@pytest.mark.parametrize("field", fields(StageConfig), ids=lambda field: field.name)
def test_default_and_rule_are_the_programs(checkout: Path, field: object) -> None:
    name, default = field.name, field.default  # type: ignore[attr-defined] # fields are of a private class
    told_default, told_rule, meaning = rows(checkout)[name]
    assert (told_default, told_rule) == (shown(default), RULES[name].text)
    assert meaning


def test_the_page_names_the_variables(checkout: Path) -> None:
    assert f"`{PREFIX}" in (checkout / "docs" / "configuration.md").read_text()
