"""The commands for runs that exist: where they stand, all of them, going on with one, stopping one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from workbench.cli.interrupt import interruptible
from workbench.cli.options import Folder, Profile, Region, RunId, StackName, find_backend
from workbench.cli.output import console, print_run
from workbench.runs.connect import LOCAL, processes

if TYPE_CHECKING:
    from workbench.contract import Include
    from workbench.runs.run import Run

__all__ = ["cancel", "resume", "runs", "status"]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
All = Annotated[bool, typer.Option("--all", help="Rows that failed by the experiment's own errors, too.")]
Wait = Annotated[bool, typer.Option(help="Whether to wait for the outcomes.")]


def status(
    run_id: Annotated[str | None, typer.Argument(help="A run; without it, the stack in the laptop.")] = None,
    *,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    folder: Folder = None,
) -> None:
    """Show where a run, or the stack in the laptop, stands."""
    if run_id is None:
        from workbench.cli.stack import show_stack  # noqa: PLC0415 -- the emulator belongs to an extra

        show_stack()
        return
    print_run(find_backend(stack, profile=profile, region=region, folder=folder).open(run_id), counts=True)


def runs(*, stack: StackName = LOCAL, profile: Profile = None, region: Region = None, folder: Folder = None) -> None:
    """List the runs of a stack or a folder."""
    backend = find_backend(stack, profile=profile, region=region, folder=folder)
    # The name is what other commands ask for: it is never cut.
    name = Column("run", no_wrap=True)
    table = Table(name, "rows", "shards", "state", Column("created (UTC)", no_wrap=True), "by", box=None)
    for run_id in backend.run_ids():
        found = backend.open(run_id)
        manifest = found.manifest
        table.add_row(
            run_id,
            f"{manifest.n_rows:,}",
            f"{manifest.n_shards:,}",
            found.status().state,
            manifest.created_at[:16].replace("T", " "),
            manifest.created_by.rsplit("/", 1)[-1],
        )
    console.print(table)


def resume(
    run_id: RunId,
    *,
    everything: All = False,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    folder: Folder = None,
    wait: Wait = True,
) -> None:
    """Evaluate again what is missing, cancelled, or failed by infrastructure."""
    include: Include = "all" if everything else "infra"
    if folder is None:
        _resume(find_backend(stack, profile=profile, region=region, folder=None).open(run_id), include, wait=wait)
        return
    backend = processes(root=folder)
    with interruptible(backend):
        # Whoever evaluates a folder's run is this process: it stays.
        _resume(backend.open(run_id), include, wait=True)


def cancel(
    run_id: RunId,
    *,
    yes: Yes = False,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    folder: Folder = None,
) -> None:
    """Stop a run; finished rows are kept, and it can be resumed."""
    found = find_backend(stack, profile=profile, region=region, folder=folder).open(run_id)
    before = found.status()
    if not before.shards.missing:
        console.print(f"run [bold]{run_id}[/bold] has ended already: {before}", highlight=False)
        return
    if not yes:
        typer.confirm(f"{before}. Cancel {run_id}?", abort=True)
    console.print(f"run [bold]{run_id}[/bold] is cancelled: {found.cancel()}", highlight=False)


def _resume(run: Run, include: Include, *, wait: bool) -> None:
    begun = run.resume(include=include)
    console.print(f"run [bold]{run.run_id}[/bold] goes on: {begun}", highlight=False)
    if wait:
        run.wait()
        print_run(run)
