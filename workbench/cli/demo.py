"""The main job from end to end, on the AWS stack in the laptop, with nothing left out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from rich.table import Table

from workbench.charts.lines import lines
from workbench.cli.output import console
from workbench.cli.stack import start_stack
from workbench.errors import RunError
from workbench.experiments.queueing import erlang_c_mean_wait, mmc_queue
from workbench.runs.connect import LOCAL, connect
from workbench.runs.sweep import Sweep
from workbench.space import linspace, product

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from workbench.runs.run import Run
    from workbench.space import Where

__all__ = ["run_demo"]

_SERVERS = (1, 2, 4)
_BUSIEST = 0.93
_CHART = "demo.png"
_LABELS = {"arrival_rate": "Arrival rate (1/s)", "mean_wait": "Mean wait (s)", "servers": "Servers"}


def run_demo(folder: Path) -> None:
    """Sweep a simulated queue on the emulator and hold it against Erlang's formula.

    Parameters
    ----------
    folder : Path
        Where the chart goes.

    Raises
    ------
    EmulatorError
        If the emulator or the stack cannot be brought up.
    RunError
        If rows failed.
    """
    console.rule("[bold]1. An AWS stack in the laptop")
    start_stack()
    console.rule("[bold]2. A grid")
    sweep = Sweep(mmc_queue, _grid(), replicates=20, seed=7, fixed={"horizon": 2e4})
    console.print(sweep, highlight=False)
    console.rule("[bold]3. Submitted over the API, evaluated shard by shard in Lambda")
    run = _evaluate(sweep)
    console.rule("[bold]4. Asked in Athena")
    frame = run.aggregate(by=["servers", "arrival_rate"], metrics=["mean_wait"])
    frame["theory"] = [
        erlang_c_mean_wait(arrival_rate=rate, service_rate=1.0, servers=servers)
        for rate, servers in zip(frame["arrival_rate"], frame["servers"], strict=True)
    ]
    _print_comparison(frame)
    console.rule("[bold]5. A chart")
    chart = folder / _CHART
    _draw(frame, chart)
    console.print(f"the chart lies in [bold]{chart}[/bold]; the run is [bold]{run.run_id}[/bold]", highlight=False)
    console.print(
        f"[dim]>>> import workbench as wb; run = wb.connect('local').open('{run.run_id}')[/dim]", highlight=False
    )


def _grid() -> Where:
    """Arrival rates up to 93 % of what the servers can take."""
    everything = product(arrival_rate=linspace(0.3, 3.72, 20), servers=_SERVERS)
    return everything.where(lambda point: float(point["arrival_rate"]) <= _BUSIEST * float(point["servers"]))


def _evaluate(sweep: Sweep) -> Run:
    began = time.perf_counter()
    run = connect(LOCAL).submit(sweep)
    console.print(f"run [bold]{run.run_id}[/bold]: {run.manifest.n_shards} shards", highlight=False)
    status = run.wait(timeout=600)
    console.print(f"{status} after {time.perf_counter() - began:.1f} s", highlight=False)
    if status.rows.ended - status.rows.succeeded:
        raise RunError(f"{run.run_id}: {status}; `workbench status {run.run_id}` shows why")
    return run


def _print_comparison(frame: pd.DataFrame) -> None:
    table = Table("servers", "arrival rate", "wait (s)", "95 % interval", "Erlang C", "within", box=None)
    inside = (frame["ci_low"] <= frame["theory"]) & (frame["theory"] <= frame["ci_high"])
    for line, within in zip(frame.itertuples(), inside, strict=True):
        table.add_row(
            f"{line.servers}",
            f"{line.arrival_rate:.2f}",
            f"{line.mean:.4f}",
            f"{line.ci_low:.4f} to {line.ci_high:.4f}",
            f"{line.theory:.4f}",
            "yes" if within else "no",
        )
    console.print(table)
    console.print(f"{inside.sum()} of {len(frame)} intervals hold the exact value; about 95 % should", highlight=False)


def _draw(frame: pd.DataFrame, path: Path) -> None:
    mpl.use("Agg")
    axes: Any = lines(frame, x="arrival_rate", hue="servers", metric="mean_wait", labels=_LABELS)
    for servers in _SERVERS:
        points = frame[frame["servers"] == servers]
        rates = np.linspace(points["arrival_rate"].min(), points["arrival_rate"].max(), 200)
        exact = [erlang_c_mean_wait(arrival_rate=rate, service_rate=1.0, servers=servers) for rate in rates]
        axes.plot(rates, exact, color="0.25", linewidth=0.8, linestyle="--", zorder=1)
    axes.set_yscale("log")
    axes.set_title("M/M/c queue: simulation, and Erlang C (dashed)", fontsize="medium")
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path, dpi=200)
