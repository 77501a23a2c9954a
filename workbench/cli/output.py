"""What the commands print, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from workbench.runs.run import Run

__all__ = ["console", "error_console", "print_run"]

console = Console()
error_console = Console(stderr=True)


def print_run(run: Run) -> None:
    """Print where a run stands and, once rows have failed, why.

    Parameters
    ----------
    run : Run
        Any run.
    """
    status = run.status()
    console.print(f"run [bold]{run.run_id}[/bold] {status}", highlight=False)
    if not status.failed:
        return
    table = Table("error", "rows", "example row", "message", box=None)
    for line in run.failures().itertuples():
        table.add_row(str(line.error_code), f"{line.count:,}", str(line.example_row_index), str(line.example_message))
    console.print(table)
