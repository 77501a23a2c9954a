"""``workbench check``: whether modules of experiments are ready for a deployment, each finding in a line."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape

from workbench.cli import probe
from workbench.cli.check_findings import (
    Finding,
    act_findings,
    asset_findings,
    carried_findings,
    import_findings,
    row_findings,
    signature_finding,
)
from workbench.cli.check_sample import read_settings, sample_of
from workbench.cli.output import console
from workbench.cli.probe import Answer, Question
from workbench.errors import ExperimentError

__all__ = ["check", "look"]

_STYLES: Final = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def check(
    modules: Annotated[list[str], typer.Argument(help="Modules that hold experiments, such as my_models.")],
    *,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Axis to try: name=value,value,... or name=start:stop:num.", show_default=False),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Time limit of each of four looks.")] = 60.0,
) -> None:
    """Check that modules of experiments are ready for a deployment: signature, determinism, imports, speed, size."""
    with console.status("looking"):
        findings = look(modules, settings or [], seconds=seconds)
    for finding in findings:
        style = _STYLES[finding.level]
        console.print(f"[{style}]{finding.level:<8}[/{style}]{escape(str(finding))}", highlight=False, soft_wrap=True)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


def look(modules: list[str], settings: list[str], *, seconds: float) -> list[Finding]:
    """Look at modules from fresh processes, and gather what there is to say.

    Parameters
    ----------
    modules : list of str
        Their names.
    settings : list of str
        Axes to try, as of `read_space`.
    seconds : float
        Time limit of each process.

    Returns
    -------
    list of Finding

    Raises
    ------
    SweepError
        If a setting is refused, or one is needed.
    """
    modules = list(dict.fromkeys(modules))
    try:
        seen, printed = _ask(Question(modules=tuple(modules)), hash_seed=1, seconds=seconds)
    except ExperimentError as error:
        return [Finding("problem", ", ".join(modules), str(error), "importing a module must neither wait nor end it")]
    findings = list(import_findings(seen, printed))
    if seen.faults:
        return findings
    return [*findings, *asset_findings(seen.roots), *_try(modules, settings, seen, seconds=seconds)]


def _try(modules: list[str], settings: list[str], seen: Answer, *, seconds: float) -> list[Finding]:
    specs = [item.spec for item in seen.described]
    given = read_settings(specs, settings)
    samples = [sample_of(spec, given[spec.name]) for spec in specs]
    findings = [signature_finding(spec, sample) for spec, sample in zip(specs, samples, strict=True)]
    question = Question(modules=tuple(modules), manifests=tuple(sample.manifest for sample in samples))
    try:
        here, _ = _ask(question, hash_seed=1, seconds=seconds)
        question = msgspec.structs.replace(
            question, rows={rehearsal.experiment: len(rehearsal.rows) for rehearsal in here.rehearsals}
        )
        # Texts hash differently there.
        other, _ = _ask(question, hash_seed=2, seconds=seconds)
        child, _ = _ask(msgspec.structs.replace(question, as_child=True), hash_seed=1, seconds=seconds)
    except ExperimentError as error:
        remedy = "try smaller values with --set, or more --seconds"
        return [*findings, Finding("problem", ", ".join(modules), str(error), remedy)]
    for spec, first, second in zip(specs, here.rehearsals, other.rehearsals, strict=True):
        findings += row_findings(first, second, spec)
    return [*findings, *act_findings(seen, here), *carried_findings(here, other, child)]


def _ask(question: Question, *, hash_seed: int, seconds: float) -> tuple[Answer, str]:
    """Run the probe; returns its answer and what was printed meanwhile."""
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as folder:
        asked, answered = Path(folder, "question.json"), Path(folder, "answer.json")
        asked.write_bytes(msgspec.json.encode(question))
        environment = {
            "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path),
            "PYTHONHASHSEED": str(hash_seed),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            # By its path, and without that path among the places of modules.
            done = subprocess.run(
                [sys.executable, "-P", probe.__file__, str(asked), str(answered)],
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ExperimentError(f"gave no answer within {seconds:g} s") from error
        printed = done.stdout.decode(errors="replace").strip()
        if not answered.is_file():
            last = printed.splitlines()[-1] if printed else "it printed nothing"
            raise ExperimentError(f"ended its process with status {done.returncode}: {last}")
        return msgspec.json.decode(answered.read_bytes(), type=Answer), printed
