"""The committed notebooks: executed in order, without faults, with nothing of the machine in them.

nbval compares outputs, but lets a cell pass that was never executed.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat import v4

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(r"(/[h]ome/|/[r]oot/|/[t]mp/|/[w]ork/|/[U]sers/|127\.0\.0\.1|localhost)")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="session")
def settle() -> Callable[[Any, Any], None]:
    folder = str(ROOT / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return runpy.run_path(f"{folder}/execute.py")["settle"]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


def test_every_cell_was_executed_in_order(notebook: Any) -> None:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_cell_raised_or_warned(notebook: Any) -> None:
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []


def test_every_chart_is_there(notebook: Any) -> None:
    drawing = [cell for cell in code_cells(notebook) if ".plot." in cell.source]
    assert [
        cell.source for cell in drawing if not any("image/png" in out.get("data", ()) for out in cell.outputs)
    ] == []


def test_the_file_is_what_an_execution_leaves(path: Path, notebook: Any, settle: Callable[[Any, Any], None]) -> None:
    settle(notebook, notebook)
    assert nbformat.writes(notebook) + "\n" == path.read_text(encoding="utf-8"), (
        f"run `python notebooks/execute.py {path.stem}`"
    )
    assert not any(cell.metadata for cell in notebook.cells)


def test_only_what_is_marked_keeps_its_earlier_output(settle: Callable[[Any, Any], None]) -> None:
    sources = ["# NBVAL_IGNORE_OUTPUT\ntime()", "# NBVAL_IGNORE_OUTPUT\nchanged()", "1 + 1"]

    def executed(said: str, count: int) -> Any:
        outputs = [v4.new_output("execute_result", {"text/plain": said}, execution_count=count)]
        return [v4.new_code_cell(source, outputs=outputs, execution_count=count) for source in sources]

    before, after = v4.new_notebook(cells=executed("old", 1)), v4.new_notebook(cells=executed("new", 2))
    before.cells[1].source = "# NBVAL_IGNORE_OUTPUT\noriginal()"
    settle(after, before)
    assert [cell.outputs[0].data["text/plain"] for cell in after.cells] == ["old", "new", "new"]
    assert {cell.outputs[0].execution_count for cell in after.cells} == {2}


def test_no_trace_of_the_machine(notebook: Any) -> None:
    said = [
        text
        for cell in code_cells(notebook)
        for output in cell.outputs
        for text in [output.get("text", ""), *output.get("data", {}).values()]
        if isinstance(text, str) and len(text) < 10_000
    ]
    assert [text for text in said if MACHINE.search(text)] == []
