"""The one command: run every race, round after round, keep each measurement, then write the page and the figure.

Run as ``python -m benchmarks.run [--quick] [--runs N] [--race NAME] [--every-peer] [--timeout S] [--fresh]``.
A run that was interrupted goes on where it stopped, as long as source and versions are the same.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.agreement import disagreements
from benchmarks.contenders import CONTENDERS
from benchmarks.figure import draw
from benchmarks.journal import Journal
from benchmarks.launch import ROOT, Launcher
from benchmarks.machine import cores, describe
from benchmarks.page import write_page
from benchmarks.races import WORKBENCH, Race, races
from benchmarks.results import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["main"]

_BUILD: Final = ROOT / "build" / "benchmarks"
_MEMORY_RUNS: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is not measured yet, and write it up.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.

    Returns
    -------
    int
        1 where contenders disagree about the results.
    """
    options = _parser().parse_args(arguments)
    mode = "quick" if options.quick else "full"
    # A part is measured to try something, not to be told.
    path = _BUILD / f"{mode}{'-part' if options.race else ''}.jsonl"
    if options.fresh:
        path.unlink(missing_ok=True)
    journal = Journal(path, describe("make bench" + " QUICK=1" * options.quick), mode)
    launcher = Launcher(
        mode=mode, folder=_BUILD, cores=cores(), timeout=options.timeout or (60.0 if options.quick else 120.0)
    )
    chosen = [race for race in races(quick=options.quick, every_peer=options.every_peer) if options.race in race.name]
    runs = options.runs or (1 if options.quick else 5)
    differences = [difference for race in chosen for difference in _measure(race, launcher, journal, runs)]
    summary = summarise(chosen, journal, every=not options.race)
    # A quick look shows that everything works; its numbers are no evidence and stay out of the documentation.
    docs: Path = _BUILD / "quick" if options.quick or options.race else ROOT / "docs"
    draw(summary, docs / "images" / "performance.png")
    write_page(summary, differences, docs / "performance.md")
    print((docs / "performance.md").read_text())
    return 1 if differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Measure the workbench and others.")
    parser.add_argument("--quick", action="store_true", help="small sizes and one run each, to try the harness")
    parser.add_argument("--runs", type=int, help="runs of every contender; the median counts (5; 1 if quick)")
    parser.add_argument("--race", default="", help="only races whose name contains this; nothing goes into docs/")
    parser.add_argument("--every-peer", action="store_true", help="the optional peers on the long loads too")
    parser.add_argument("--timeout", type=float, help="seconds for one run (120; 60 if quick)")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    return parser


def _measure(race: Race, launcher: Launcher, journal: Journal, runs: int) -> list[str]:
    prepared = None
    if "outcomes" in race.contenders:
        prepared = launcher.folder / f"outcomes-{launcher.mode}"
        _prepare(race, launcher, prepared, journal, runs)
    contenders = [race.limit.contender, *race.contenders]
    for round_number in range(runs):
        turn = round_number % len(contenders)
        # Everybody starts a round once: whoever follows a heavy one has a warmer machine.
        for contender in contenders[turn:] + contenders[:turn]:
            earlier = journal.done(race.name, contender)
            if len(earlier) > round_number or any(run["error"] for run in earlier):
                continue
            measured = launcher.run(contender, race, folder=prepared)
            journal.add(race.name, contender, round_number, measured)
            value = measured.error or f"{measured.total_s:.2f} s"
            print(f"{race.name}, round {round_number + 1}: {CONTENDERS[contender].title}: {value}", flush=True)
    if race.memory_mb:
        for round_number in range(len(journal.done(race.name, "memory")), _MEMORY_RUNS):
            journal.add(race.name, "memory", round_number, launcher.run(WORKBENCH, race, watch_memory=True))
    outcomes = {name: done[0]["outcome"] for name in contenders if (done := journal.done(race.name, name))}
    return [f"{race.name}: {text}" for text in disagreements(race, outcomes)]


def _prepare(race: Race, launcher: Launcher, folder: Path, journal: Journal, runs: int) -> None:
    """Leave the outcomes and the merged file, unless everything is measured already."""
    wanted = (race.limit.contender, *race.contenders)
    if all(len(journal.done(race.name, contender)) >= runs for contender in wanted):
        return
    launcher.clear(folder)
    prepared = launcher.run("prepare", race, folder=folder)
    print(f"{race.name}: prepared{f', failed: {prepared.error}' if prepared.error else ''}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
