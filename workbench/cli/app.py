"""The commands: each reads its options, calls the library, and prints what came of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec import UNSET
from rich.markup import escape
from rich.table import Table

from workbench.cli import existing
from workbench.cli.axes import read_space
from workbench.cli.check_package import check
from workbench.cli.interrupt import interruptible
from workbench.cli.new_package import new
from workbench.cli.options import (
    Budget,
    Folder,
    Fresh,
    Name,
    Profile,
    Region,
    Replicates,
    RowTimeout,
    Seed,
    Settings,
    ShardCount,
    ShardSize,
    StackName,
    find_backend,
)
from workbench.cli.output import console, error_console, print_run
from workbench.contract import Environment
from workbench.errors import WorkbenchError
from workbench.experiments import discover, registry
from workbench.runs.connect import LOCAL, processes, serial
from workbench.runs.sweep import Sweep

__all__ = ["app", "main"]

app = typer.Typer(
    help="Parameter sweeps of simulations: on this machine, on the AWS stack in the laptop, or on AWS.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def demo(folder: Annotated[Path, typer.Option(help="Where the chart goes.")] = Path("results")) -> None:
    """Do the whole main job on the stack in the laptop: grid, API, shards, Athena, chart."""
    from workbench.cli.demo import run_demo  # noqa: PLC0415 -- matplotlib and the emulator, for those who ask

    run_demo(folder)


@app.command()
def up(
    *,
    experiments: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE[,MODULE]", help="Modules to deploy, as of WORKBENCH_EXPERIMENTS.", show_default=False
        ),
    ] = None,
) -> None:
    """Start the AWS stack in the laptop, or bring it up to date."""
    from workbench.cli.stack import start_stack  # noqa: PLC0415 -- the emulator belongs to an extra

    if experiments is not None:
        os.environ[Environment.EXPERIMENTS] = experiments
    start_stack()
    if experiments:
        console.print(
            f"whoever sweeps them names them too, where they are not installed: "
            f"export {Environment.EXPERIMENTS}={escape(experiments)}",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def down() -> None:
    """Stop the AWS stack in the laptop; its runs are kept."""
    from workbench.cli.stack import stop_stack  # noqa: PLC0415 -- the emulator belongs to an extra

    stop_stack()


@app.command()
def doctor(*, stack: StackName = LOCAL, profile: Profile = None, region: Region = None) -> None:
    """Check this machine and a stack, and say what to fix."""
    from workbench.cli.doctor import examine_and_print  # noqa: PLC0415 -- it loads all that it looks at

    examine_and_print(stack, profile=profile, region=region)


@app.command()
def run(  # noqa: PLR0913 -- the options are documented where they are declared
    experiment: Name,
    settings: Settings,
    *,
    replicates: Replicates = 1,
    seed: Seed = 0,
    shard_size: ShardSize = None,
    shard_count: ShardCount = None,
    row_timeout: RowTimeout = None,
    fresh: Fresh = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes; 0 for none, all cores by default.", show_default=False)
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the outcomes go.")] = Path("results"),
) -> None:
    """Evaluate a sweep on this machine."""
    sweep = _sweep(experiment, settings, replicates=replicates, seed=seed)
    backend = serial(folder) if workers == 0 else processes(workers, root=folder)
    with interruptible(backend):
        started = backend.submit(
            sweep, shard_size=shard_size, shard_count=shard_count, fresh=fresh, row_timeout=row_timeout
        )
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
    shard_count: ShardCount = None,
    row_timeout: RowTimeout = None,
    budget: Budget = None,
    fresh: Fresh = False,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    wait: Annotated[bool, typer.Option(help="Whether to wait for the outcomes.")] = True,
) -> None:
    """Submit a sweep to a deployed stack."""
    sweep = _sweep(experiment, settings, replicates=replicates, seed=seed)
    backend = find_backend(stack, profile=profile, region=region, folder=None)
    started = backend.submit(
        sweep,
        shard_size=shard_size,
        shard_count=shard_count,
        fresh=fresh,
        row_timeout=row_timeout,
        budget=budget,
    )
    console.print(f"run [bold]{started.run_id}[/bold]: {sweep.n_rows:,} rows in {started.manifest.n_shards:,} shards")
    if wait:
        started.wait()
        print_run(started)


for command in (new, check, existing.status, existing.runs, existing.resume, existing.cancel):
    app.command()(command)


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


@app.command("app")
def serve(
    *,
    stack: StackName = LOCAL,
    profile: Profile = None,
    region: Region = None,
    folder: Folder = None,
    port: Annotated[int, typer.Option(help="Port of this machine; 0 for any that is free.")] = 0,
    browser: Annotated[bool, typer.Option(help="Whether to open it in a browser.")] = True,
) -> None:
    """Serve the grid builder to browsers on this machine."""
    from workbench.cli.serve_app import serve_app  # noqa: PLC0415 -- Voila belongs to an extra

    # What is wrong with the options, or with an experiment, is said here, and not on a page.
    discover()
    find_backend(stack, profile=profile, region=region, folder=folder)
    where = {"name": stack, "profile": profile, "region": region} if folder is None else {"root": str(folder)}
    serve_app(where, port=port, browser=browser)


def main() -> None:
    """Run the command; our errors are messages, not tracebacks."""
    # A researcher's modules lie where the researcher is. Last, so that no file there hides a library.
    sys.path.append(str(Path.cwd()))
    try:
        app()
    except WorkbenchError as error:
        error_console.print(f"[bold red]error:[/bold red] {escape(str(error))}", highlight=False)
        sys.exit(1)


def _sweep(experiment: str, settings: list[str], *, replicates: int, seed: int) -> Sweep:
    found = registry.find(experiment)
    return Sweep(found, read_space(found.spec, settings), replicates=replicates, seed=seed)
