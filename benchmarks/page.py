"""Writes the page of results: everything in it was measured by the command that it names."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import CONTENDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.results import Line, RaceResult, Summary

__all__ = ["write_page"]


def write_page(summary: Summary, differences: Sequence[str], path: Path) -> None:
    """Write the page.

    Parameters
    ----------
    summary : Summary
        What was measured.
    differences : sequence of str
        Where contenders disagree about the results.
    path : Path
        Where it goes; the figure is in ``images/performance.png`` beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(summary, differences)) + "\n", encoding="utf-8")


def _lines(summary: Summary, differences: Sequence[str]) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield f"Written by `{summary.machine['command']}`; do not edit. Every number was measured by that command."
    yield ""
    yield from _setting(summary.machine)
    yield ""
    yield "![Time over the limit, for each load and tool](images/performance.png)"
    yield ""
    yield from _targets(summary)
    for result in summary.results:
        yield ""
        yield from _race(result)
    yield ""
    yield "## Agreement"
    yield ""
    yield (
        "Of each load, the first runs of all contenders that finished wrote the same number of rows and found the same "
        "number of groups and the same mean of the first metric to 1 in 10⁹ (where the work is random, within five "
        "standard errors of the difference: the seeds differ). The bare loop keeps nothing to compare."
        if not differences
        else "**The contenders disagree**:"
    )
    yield from (f"- {difference}" for difference in differences)


def _setting(machine: dict[str, Any]) -> Iterator[str]:
    load = ", ".join(f"{value:.2f}" for value in machine["load_average"])
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    yield "| | |"
    yield "| --- | --- |"
    yield f"| date | {machine['date']} |"
    kind = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    yield f"| machine | {kind} |"
    yield f"| before the start | load average {load}; cores {machine['busy_percent']:.0f} % busy |"
    yield f"| versions | Python {machine['python']}, {versions} |"
    yield f"| source | {machine['source']} |"
    yield ""
    yield (
        "Each run has a fresh interpreter and is timed from its start to the Parquet on disk and one group-by "
        "aggregate, imports and the start of workers included; only the aggregate over many outcomes is timed alone. "
        "Contenders take turns; the median counts. A tool that leaves chunking to its user gets batches. Peers write "
        "parameters and metrics; the workbench writes its whole outcome."
    )


def _targets(summary: Summary) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield "| load | rows | measured | target | |"
    yield "| --- | ---: | --- | --- | --- |"
    for result in summary.results:
        load = f"{_name(result)} | {result.race.rows:,}"
        yield f"| {load} | {_measured(result)} | {_target(result)} | {_verdict(result.met)} |"
        if limit := result.race.memory_mb:
            peak = result.memory_mb
            measured = "not measured" if peak is None else f"{peak:.0f} MB at most, all processes together"
            met = peak is not None and peak < limit
            load = f"{_name(result)}, memory | {result.race.rows:,}"
            yield f"| {load} | {measured} | under {limit:.0f} MB | {_verdict(met)} |"


def _name(result: RaceResult) -> str:
    return f"{result.race.name}: {result.race.load.title}"


def _measured(result: RaceResult) -> str:
    line = result.ours
    if line.error or not line.ratio:
        return f"failed: {_cell(line.error or 'no limit')}"
    if result.race.limit.target is None:
        peers = [other for other in result.lines if not other.ours and not other.error]
        best = f"; {peers[0].title} {_median(peers[0]):.2f} s" if peers else ""
        return f"{_median(line):.2f} s{best}"
    if result.race.limit.clock == "cpu_s":
        return f"{100 / line.ratio:.1f} % of the limit's speed"
    return f"{line.ratio:.2f} times the limit"


def _target(result: RaceResult) -> str:
    target = result.race.limit.target
    if target is None:
        return "ahead of every peer"
    return (
        f"at least {100 / target:.0f} %"
        if result.race.limit.clock == "cpu_s"
        else f"at most {target:.2f} times the limit"
    )


def _verdict(met: bool) -> str:  # noqa: FBT001 -- what it is about
    return "met" if met else "**missed**"


def _race(result: RaceResult) -> Iterator[str]:
    race = result.race
    yield f"## {_name(result)}, {race.rows:,} rows"
    yield ""
    limit = "was not measured" if result.limit_s is None else f"{result.limit_s:.3f} s"
    yield f"The limit, {limit}: {race.limit.text} ({CONTENDERS[race.limit.contender].title})."
    yield ""
    yield "| contender | median (s) | fastest to slowest | runs | over the limit |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for line in result.lines:
        yield _row(line)


def _row(line: Line) -> str:
    title = f"**{line.title}**" if line.ours else line.title
    if line.error:
        return f"| {title} | failed: {_cell(line.error)} | | {len(line.seconds)} | |"
    spread = f"{min(line.seconds):.3f} to {max(line.seconds):.3f}"
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    return f"| {title} | {_median(line):.3f} | {spread} | {len(line.seconds)} | {ratio} |"


def _median(line: Line) -> float:
    return statistics.median(line.seconds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
