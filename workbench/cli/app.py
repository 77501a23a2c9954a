"""The commands: each reads its options, calls the library, and prints what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import UNSET
from rich.markup import escape
from rich.table import Table

from workbench.cli.axes import read_space
from workbench.cli.output import console, error_console, print_run
from workbench.errors import WorkbenchError
from workbench.experiments import discover, registry
from workbench.runs.connect import LOCAL, connect, processes, serial
from workbench.runs.sweep import Sweep

if TYPE_CHECKING:
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.local import ProcessBackend, SerialBackend

__all__ = ["app", "main"]

app = typer.Typer(
    help="Parameter sweeps of simulations: on this machine, on the AWS stack in the laptop, or on AWS.",
    no_args_is_help=True,
    add_completion=False,
)

Name = Annotated[str, typer.Argument(help="Experiment, as `workbench experiments` lists it.")]
Settings = Annotated[
    list[str], typer.Option("--set", help="Axis: name=value,value,... or name=start:stop:num.", show_default=False)
]
Replicates = Annotated[int, typer.Option(help="Repetitions of every point.")]
Seed = Annotated[int, typer.Option(help="Seed of the run.")]
ShardSize = Annotated[int | None, typer.Option(help="Rows per shard; chosen where it is missing.", show_default=False)]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run anew what ran before.")]
StackName = Annotated[str, typer.Option("--stack", help="'local' for the stack in the laptop, or a stack on AWS.")]
Profile = Annotated[str | None, typer.Option(help="Profile of the AWS configuration.", show_default=False)]
Region = Annotated[str | None, typer.Option(help="Region of the stack.", show_default=False)]
Folder = Annotated[
    Path | None, typer.Option(help="Folder of runs on this machine, instead of a stack.", show_default=False)
]


@app.command()
def demo(folder: Annotated[Path, typer.Option(help="Where the chart goes.")] = Path("results")) -> None:
    """Do the whole main job on the stack in the laptop: grid, API, shards, Athena, chart."""
    from workbench.cli.demo import run_demo  # noqa: PLC0415 -- matplotlib and the emulator, for those who ask

    run_demo(folder)


@app.command()
def up() -> None:
    """Start the AWS stack in the laptop, or bring it up to date."""
    from workbench.cli.stack import start_stack  # noqa: PLC0415 -- the emulator belongs to an extra

    start_stack()


@app.command()
def down() -> None:
    """Stop the AWS stack in the laptop; its runs are kept."""
    from workbench.cli.stack import stop_stack  # noqa: PLC0415 -- the emulator belongs to an extra

    stop_stack()


@app.command()
def run(
    experiment: Name,
    settings: Settings,
    *,
    replicates: Replicates = 1,
    seed: Seed = 0,
    shard_size: ShardSize = None,
    fresh: Fresh = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes; 0 for none, all cores by default.", show_default=False)
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the outcomes go.")] = Path("results"),
) -> None:
    """Evaluate a sweep on this machine."""
    sweep = _sweep(experiment, settings, replicates=replicates, seed=seed)
    backend = serial(folder) if workers == 0 else processes(workers, root=folder)
    started = backend.submit(sweep, shard_size=shard_size, fresh=fresh)
    started.wait()
    print_run(started)


@app.command()
def submit(  # noqa: PLR0913 -- the options are documented where they are declared
    experiment: Name,
    settings: Settings,
    *,
    replicates: Replicates = 1,
    seed: Seed = 0,
    shard_size: ShardSize = None,
    fresh: Fresh = False,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    wait: Annotated[bool, typer.Option(help="Whether to wait for the outcomes.")] = True,
) -> None:
    """Submit a sweep to a deployed stack."""
    sweep = _sweep(experiment, settings, replicates=replicates, seed=seed)
    started = connect(stack, profile=profile, region=region).submit(sweep, shard_size=shard_size, fresh=fresh)
    console.print(f"run [bold]{started.run_id}[/bold]: {sweep.n_rows:,} rows in {started.manifest.n_shards:,} shards")
    if wait:
        started.wait()
        print_run(started)


@app.command()
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
    print_run(_backend(stack, profile=profile, region=region, folder=folder).open(run_id))


@app.command()
def runs(*, stack: StackName = LOCAL, profile: Profile = None, region: Region = None, folder: Folder = None) -> None:
    """List the runs of a stack or a folder."""
    backend = _backend(stack, profile=profile, region=region, folder=folder)
    table = Table("run", "rows", "shards", "state", "created", "by", box=None)
    for run_id in backend.run_ids():
        found = backend.open(run_id)
        manifest = found.manifest
        table.add_row(
            run_id,
            f"{manifest.n_rows:,}",
            f"{manifest.n_shards:,}",
            found.status().state,
            manifest.created_at,
            manifest.created_by.rsplit("/", 1)[-1],
        )
    console.print(table)


@app.command()
def experiments() -> None:
    """List the experiments that are known here, with their parameters and metrics."""
    for name, found in discover().items():
        spec = found.spec
        console.print(f"[bold]{name}[/bold] (version {spec.version})  {spec.doc}")
        table = Table("", "name", "type", "default", "unit", "meaning", box=None)
        for parameter in spec.parameters:
            default = "required" if parameter.default is UNSET else str(parameter.default)
            table.add_row("takes", parameter.name, parameter.type, default, parameter.unit, parameter.doc)
        for metric in spec.metrics:
            table.add_row("gives", metric.name, metric.type, "", metric.unit, metric.doc)
        console.print(table)


def main() -> None:
    """Run the command; our errors are messages, not tracebacks."""
    try:
        app()
    except WorkbenchError as error:
        error_console.print(f"[bold red]error:[/bold red] {escape(str(error))}", highlight=False)
        sys.exit(1)


def _sweep(experiment: str, settings: list[str], *, replicates: int, seed: int) -> Sweep:
    found = registry.find(experiment)
    return Sweep(found, read_space(found.spec, settings), replicates=replicates, seed=seed)


def _backend(
    stack: str, *, profile: str | None, region: str | None, folder: Path | None
) -> CloudBackend | SerialBackend | ProcessBackend:
    return connect(stack, profile=profile, region=region) if folder is None else serial(folder)
