"""Ctrl-C while a run is evaluated on this machine: stop promptly, keep what is finished, and say how to go on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from workbench.cli.output import error_console
from workbench.runs.local import ProcessBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.runs.backend import Backend

__all__ = ["INTERRUPTED", "interruptible"]

INTERRUPTED = 130  # as shells report a command that SIGINT ended


@contextmanager
def interruptible(backend: Backend) -> Iterator[None]:
    """Let Ctrl-C end the evaluation and the command.

    Parameters
    ----------
    backend : Backend
        Which evaluates here.

    Raises
    ------
    typer.Exit
        With status 130, if it was pressed.
    """
    try:
        yield
    except KeyboardInterrupt:
        if isinstance(backend, ProcessBackend):
            backend.stop()
        error_console.print("interrupted; finished shards are kept: the same command again evaluates the rest")
        raise typer.Exit(INTERRUPTED) from None
