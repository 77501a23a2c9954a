"""Options that several commands share, each with its help, and the back end that they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.runs.connect import connect, serial

if TYPE_CHECKING:
    from workbench.runs.backend import Backend

__all__ = [
    "Budget",
    "Folder",
    "Fresh",
    "Name",
    "Profile",
    "Region",
    "Replicates",
    "RowTimeout",
    "RunId",
    "Seed",
    "Settings",
    "ShardCount",
    "ShardSize",
    "StackName",
    "find_backend",
]

Name = Annotated[str, typer.Argument(help="Experiment, as `workbench experiments` lists it.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run, as `workbench runs` lists it.")]
Settings = Annotated[
    list[str], typer.Option("--set", help="Axis: name=value,value,... or name=start:stop:num.", show_default=False)
]
Replicates = Annotated[int, typer.Option(help="Repetitions of every point.")]
Seed = Annotated[int, typer.Option(help="Seed of the run.")]
ShardSize = Annotated[
    int | None, typer.Option(help="Rows per shard; by default chosen by what a row takes.", show_default=False)
]
ShardCount = Annotated[int | None, typer.Option(help="Shards at most, instead of --shard-size.", show_default=False)]
RowTimeout = Annotated[
    float | None, typer.Option(help="Seconds that one row may take; no limit by default.", show_default=False)
]
Budget = Annotated[
    float | None, typer.Option(help="US dollars; refuse what is estimated to cost more.", show_default=False)
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run anew what ran before.")]
StackName = Annotated[str, typer.Option("--stack", help="'local' for the stack in the laptop, or a stack on AWS.")]
Profile = Annotated[str | None, typer.Option(help="Profile of the AWS configuration.", show_default=False)]
Region = Annotated[str | None, typer.Option(help="Region of the stack.", show_default=False)]
Folder = Annotated[
    Path | None, typer.Option(help="Folder of runs on this machine, instead of a stack.", show_default=False)
]


def find_backend(stack: str, *, profile: str | None, region: str | None, folder: Path | None) -> Backend:
    """Find where runs are looked up: a folder where one is named, else a stack.

    Parameters
    ----------
    stack : str
        As of `connect`.
    profile, region : str or None
        As of `connect`.
    folder : Path or None
        Folder of runs on this machine.

    Returns
    -------
    Backend
    """
    return connect(stack, profile=profile, region=region) if folder is None else serial(folder)
