"""`workbench doctor`: what is well and what is not, each with what to do."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

import typer
from rich.markup import escape

from workbench.cli.output import console
from workbench.runs.health.checkup import examine

if TYPE_CHECKING:
    from workbench.runs.health.finding import Finding

__all__ = ["examine_and_print"]

_COLOURS: Final = {"ok": "green", "warn": "yellow", "bad": "bold red"}


def examine_and_print(stack: str, *, profile: str | None, region: str | None) -> None:
    """Print every finding as it comes.

    Parameters
    ----------
    stack : str
        As of `connect`.
    profile, region : str or None
        As of `connect`.

    Raises
    ------
    typer.Exit
        With status 1, if something is bad.
    """
    # It logs every refusal with its traceback; the finding says it better.
    logging.getLogger("pyathena").addHandler(logging.NullHandler())
    verdicts: Counter[str] = Counter()
    for finding in examine(stack, profile=profile, region=region):
        verdicts[finding.verdict] += 1
        _print(finding)
    if verdicts["bad"]:
        console.print(
            "\nNo sweep will run there before what is bad is mended; what depends on it was not looked at.",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    console.print("\nA sweep can run there." if not verdicts["warn"] else "\nA sweep can run there; mind the warnings.")


def _print(finding: Finding) -> None:
    colour = _COLOURS[finding.verdict]
    console.print(
        f"[{colour}]{finding.verdict:4}[/{colour}] {finding.name:11} {escape(finding.seen)}",
        highlight=False,
        soft_wrap=True,
    )
    if finding.remedy:
        console.print(f"     {'':11} -> {escape(finding.remedy)}", highlight=False, soft_wrap=True)
