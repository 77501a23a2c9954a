"""Execute notebooks in place, so that two runs of the same code leave the same bytes.

``python notebooks/execute.py [name ...]``: all notebooks of this folder where none is named. A notebook that raises,
or writes to standard error, is left as it was.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat
from nbclient import NotebookClient
from notebook_stack import running_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbformat import NotebookNode

__all__ = ["cell_ids", "execute", "main", "settle"]

_FOLDER: Final = Path(__file__).resolve().parent
# nbval executes such a cell and compares nothing: times and prices of this machine.
_VOLATILE: Final = "# NBVAL_IGNORE_OUTPUT"
_CELL_SECONDS: Final = 240
_WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"
# The versions that a kernel reports of itself say nothing about the notebook.
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# matplotlib would sign its pictures with its version.
_KERNEL_ARGUMENTS: Final = [
    "--InlineBackend.print_figure_kwargs={'bbox_inches': 'tight', 'metadata': {'Software': None}}"
]


def cell_ids(sources: Iterable[str]) -> list[str]:
    """Name cells by what they say, so that an edit changes the name of no other cell.

    Parameters
    ----------
    sources : iterable of str
        Texts of the cells, in their order.

    Returns
    -------
    list of str
        Unique names: a hash of the text, numbered where a text comes again.

    Examples
    --------
    >>> cell_ids(["1 + 1", "1 + 1"])
    ['1c614289', '1c614289-2']
    """
    seen: Counter[str] = Counter()
    names = []
    for source in sources:
        name = hashlib.blake2b(source.encode(), digest_size=4).hexdigest()
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def settle(notebook: NotebookNode, before: NotebookNode) -> None:
    """Take out of an executed notebook, in place, what differs from one execution to the next.

    A cell marked as volatile keeps the outputs that it had, as long as its text is the same.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    before : NotebookNode
        The same, as it was before that execution.
    """
    kept = {cell.source: cell.outputs for cell in before.cells if cell.source.startswith(_VOLATILE)}
    notebook.metadata = nbformat.from_dict(_METADATA)
    for cell, name in zip(notebook.cells, cell_ids(cell.source for cell in notebook.cells), strict=True):
        cell.id = name
        if earlier := kept.get(cell.source):
            cell.outputs = earlier
            for output in earlier:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
        for output in cell.get("outputs", ()):
            # Names a model of a kernel that is gone; the text beside it stays.
            output.get("data", {}).pop(_WIDGET_VIEW, None)


def execute(path: Path) -> None:
    """Execute a notebook and write its outputs into it.

    Parameters
    ----------
    path : Path
        The notebook; the stack must be up.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    SystemExit
        If a cell writes to standard error: no reader should meet warnings.
    """
    notebook: Any = nbformat.read(path, as_version=4)
    before = deepcopy(notebook)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=_CELL_SECONDS,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=_KERNEL_ARGUMENTS,
    )
    client.execute()
    noise = [output.text for cell in notebook.cells for output in cell.get("outputs", ()) if _is_stderr(output)]
    if noise:
        raise SystemExit(f"{path.name} writes to standard error:\n{''.join(noise)}")
    settle(notebook, before)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def _is_stderr(output: Any) -> bool:
    return bool(output.output_type == "stream" and output.name == "stderr")


def main(arguments: Sequence[str] | None = None) -> None:
    """Execute the notebooks that are named on the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's by default.
    """
    parser = argparse.ArgumentParser(description="Execute notebooks in place, reproducibly.")
    parser.add_argument("names", nargs="*", help="notebooks of this folder, such as 01_submit_and_plot; all by default")
    names = parser.parse_args(arguments).names
    paths = [_FOLDER / f"{Path(name).stem}.ipynb" for name in names] or sorted(_FOLDER.glob("*.ipynb"))
    if absent := [path.name for path in paths if not path.is_file()]:
        parser.error(f"no such notebook in {_FOLDER.name}/: {', '.join(absent)}")
    with running_stack():
        for path in paths:
            sys.stdout.write(f"executing {path.name}\n")
            sys.stdout.flush()
            execute(path)


if __name__ == "__main__":
    main()
