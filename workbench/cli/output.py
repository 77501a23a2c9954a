"""What the commands print, and where."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from workbench.runs.status import Counts

if TYPE_CHECKING:
    from workbench.runs.run import Run
    from workbench.runs.status import RunStatus

__all__ = ["console", "error_console", "print_run"]

console = Console()
error_console = Console(stderr=True)


def print_run(run: Run, *, counts: bool = False) -> None:
    """Print where a run stands and, once rows have failed, why.

    Parameters
    ----------
    run : Run
        Any run.
    counts : bool
        Whether to print how many shards and rows there are of each kind.
    """
    status = run.status()
    console.print(f"run [bold]{run.run_id}[/bold] {status}", highlight=False)
    if counts:
        console.print(_counts(status))
    if status.rows.ended == status.rows.succeeded:
        return
    table = Table("error", "rows", "example row", "message", box=None)
    for line in run.failures().itertuples():
        table.add_row(str(line.error_code), f"{line.count:,}", str(line.example_row_index), str(line.example_message))
    console.print(table)


def _counts(status: RunStatus) -> Table:
    table = Table("", *(field.name for field in dataclasses.fields(Counts)), box=None)
    for name, counts in (("shards", status.shards), ("rows", status.rows)):
        table.add_row(name, *(f"{number:,}" for number in dataclasses.astuple(counts)))
    return table
