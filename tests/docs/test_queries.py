"""The page on the saved queries names all of them, asks for what they ask for, and shows columns that they have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faulty_models import sometimes_raises
from workbench.analysis.baseline import BaselineQuery, baseline_queries
from workbench.experiments import mmc_queue

PAGE = Path(__file__).resolve().parents[2] / "docs" / "queries.md"
QUERIES = baseline_queries(mmc_queue.spec)
PARAMETER_OF_EXAMPLE = sometimes_raises.spec.parameters[0].name


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_query_has_its_section_in_order() -> None:
    assert list(sections()) == [query.name for query in QUERIES]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_section_says_what_to_give_and_shows_an_answer(query: BaselineQuery) -> None:
    section = sections()[query.name]
    values = query.description.partition("in this order: ")[2].partition(". ")[0]
    assert f"Give {values}." in section
    (header,) = re.findall(r"^\|(.+)\|\n\| -", section, flags=re.MULTILINE)
    columns = [column.strip() for column in header.split("|")]
    assert columns
    known = query.sql.replace(f"example.{mmc_queue.spec.parameters[0].name}", f"example.{PARAMETER_OF_EXAMPLE}")
    assert [column for column in columns if f'"{column}"' not in known] == []
