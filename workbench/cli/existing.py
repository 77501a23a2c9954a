"""The commands for runs that exist: where they stand, all of them, going on with one, stopping one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.markup import escape
from rich.table import Column, Table

from workbench.analysis.prices import dollars
from workbench.cli.interrupt import interruptible
from workbench.cli.options import Folder, Profile, Region, RunId, StackName, find_backend
from workbench.cli.output import console, print_run
from workbench.runs.connect import LOCAL, processes
from workbench.runs.history import history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contract import Include
    from workbench.runs.run import Run
    from workbench.runs.status import RunState

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


def runs(  # noqa: PLR0913 -- the options are documented where they are declared
    *,
    experiment: Annotated[str | None, typer.Option(help="Only those of this experiment.")] = None,
    state: Annotated[str | None, typer.Option(help="RUNNING, SUCCEEDED, FAILED or ABORTED.")] = None,
    since: Annotated[str | None, typer.Option(help="Only those submitted then or later: 2026-01-31.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    cost: Annotated[bool, typer.Option("--cost", help="Ask what each has cost: a query for each.")] = False,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    folder: Folder = None,
) -> None:
    """List the runs of a stack or a folder, the newest first."""
    backend = find_backend(stack, profile=profile, region=region, folder=folder)
    found = history(backend, experiment=experiment, state=cast("RunState", state), since=since, tag=tag, cost=cost)
    # The name is what other commands ask for: where there is little room, others are cut.
    table = Table(*(Column(name, no_wrap=True) for name in ("run", "rows", "state", "created (UTC)")), box=None)
    table.add_column("cost" if cost else "by", no_wrap=True, max_width=16)
    table.add_column("tags", overflow="fold", min_width=10)
    for run in cast("Iterable[Any]", found.itertuples()):
        table.add_row(
            str(run.run_id),
            f"{run.rows:,}",
            str(run.state),
            f"{run.created_at:%Y-%m-%d %H:%M}",
            dollars(run.cost) if cost else str(run.created_by).rsplit("/", 1)[-1],
            escape(", ".join(run.tags)),
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
