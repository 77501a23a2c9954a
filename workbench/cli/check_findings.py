"""What the looks at modules of experiments amount to: findings, each in a line, decided from the answers alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from workbench.cli.probe import CARRIED, LEFT_BEHIND
from workbench.contract import Caps
from workbench.contract.plan import SHARD_SECONDS, choose_shard_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.cli.check_sample import Sample
    from workbench.cli.probe import Answer
    from workbench.compute.rehearsal import Rehearsal
    from workbench.contract import ExperimentSpec

__all__ = [
    "Finding",
    "act_findings",
    "asset_findings",
    "carried_findings",
    "import_findings",
    "row_findings",
    "signature_finding",
]

Level: TypeAlias = Literal["ok", "warning", "problem"]

# Function and layers together, unzipped: 250 MiB. Libraries take the greater part; data had better lie in a bucket.
_LIMIT_BYTES: Final = 250 * 2**20
_LARGE_BYTES: Final = 20 * 2**20
_MEGABYTE: Final = 1_000_000
# Of the run whose shards are suggested.
_ROWS: Final = 100_000
_DRAW: Final = "draw from rng alone, and keep to what the parameters say: no hash(), no clock, no state between rows"


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    level : {'ok', 'warning', 'problem'}
        Whether a deployment would suffer.
    subject : str
        Module or experiment.
    message : str
        What was found.
    remedy : str
        What to do about it; empty where nothing need be done.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        words = f"{self.subject}: {self.message}"
        return f"{words}; {self.remedy}" if self.remedy else words


def import_findings(answer: Answer, printed: str) -> Iterator[Finding]:
    """Say what importing the modules did, faults first."""
    for module, fault in answer.faults.items():
        yield Finding("problem", module, fault)
    modules = ", ".join(dict.fromkeys(item.module for item in answer.described))
    acts = [*answer.acts, *([f"prints {printed.splitlines()[0]!r:.80}"] if printed else [])]
    for act in acts:
        yield _act(modules, f"importing it {act}", "let a module of experiments only define things")
    if not answer.faults and not acts:
        yield Finding("ok", modules, "imported by its name in a process of its own, without side effects")


def asset_findings(roots: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Say how much a deployment copies for each package."""
    for name, paths in roots.items():
        files = [file for path in paths for file in _files(Path(path))]
        size = sum(file.stat().st_size for file in files)
        message = f"a deployment copies {len(files)} file{'s' * (len(files) != 1)}, {_size(size)}"
        if size < _LARGE_BYTES:
            yield Finding("ok", name, message)
            continue
        largest = max(files, key=lambda file: file.stat().st_size)
        remedy = f"keep data out of the package, such as {largest.name} ({_size(largest.stat().st_size)})"
        yield Finding("problem" if size > _LIMIT_BYTES else "warning", name, message, remedy)


def signature_finding(spec: ExperimentSpec, sample: Sample) -> Finding:
    """Say what the signature declares, and at which values it is tried."""
    signature = f"signature: {len(spec.parameters)} parameters, {len(spec.metrics)} metrics, version {spec.version}"
    notes, remedies = [], []
    if sample.guessed:
        values = ", ".join(f"{name}={value}" for name, value in sample.guessed.items())
        notes.append(f"tried at {values}, made up from bounds")
        remedies.append(f"say usual values with {' '.join(f'--set {name}=...' for name in sample.guessed)}")
    if sample.untried:
        notes.append(f"not tried at {', '.join(sample.untried)}, which a rule refuses beside the other values")
        remedies.append("try that by --set of all that the rule names")
    level: Level = "warning" if notes else "ok"
    return Finding(level, spec.name, "; ".join([signature, *notes]), ", and ".join(remedies))


def row_findings(first: Rehearsal, other: Rehearsal | None, spec: ExperimentSpec) -> Iterator[Finding]:
    """Say whether rows succeed, whether they are the same every time and in another process, and how fast they are."""
    name, count = spec.name, len(first.rows)
    if first.failed:
        level: Level = "problem" if first.failed == count else "warning"
        remedy = "correct it, bound the parameter in the signature, or try other values with --set"
        yield Finding(level, name, f"{first.failed} of {count} rows failed: {first.failure}", remedy)
    if difference := _difference(first.rows, first.again):
        company = ", or of the rows it is evaluated with" if spec.vectorized else ""
        yield Finding("problem", name, f"a row differs from one evaluation to the next: {difference}", _DRAW + company)
    elif other is not None and (difference := _difference(first.rows, other.rows)):
        yield Finding("problem", name, f"a row differs from one process to the next: {difference}", _DRAW)
    elif other is not None:
        yield Finding("ok", name, f"deterministic: {count} rows have the same bits twice here and in another process")
    seconds = first.seconds[1:] or first.seconds
    mean = sum(seconds) / len(seconds)
    yield _speed(name, mean)


def carried_findings(here: Answer, other: Answer, child: Answer) -> Iterator[Finding]:
    """Say whether the experiments find what they need where only what a deployment carries can be imported."""
    carried = f"it carries the standard library and {', '.join(sorted(CARRIED))}"
    remedy = f"do without it there, or put it into the package of the experiments; {carried}"
    for module, fault in child.faults.items():
        yield Finding("problem", module, f"would fail in a deployment: {fault}", remedy)
    same = True
    for mine, elsewhere, theirs in zip(here.rehearsals, other.rehearsals, child.rehearsals, strict=False):
        difference = _difference(mine.rows, theirs.rows)
        same = same and not difference
        if theirs.failed > mine.failed:
            yield Finding("problem", mine.experiment, f"would fail in a deployment: {theirs.failure}", remedy)
        elif difference and mine.rows == mine.again == elsewhere.rows:
            missing = ", ".join(child.absent) or "more than a deployment carries"
            yield Finding("problem", mine.experiment, f"a row differs where {missing} is missing: {difference}", remedy)
    if same and not child.faults:
        yield Finding("ok", ", ".join(dict.fromkeys(item.module for item in here.described)), "needs no other package")


def act_findings(before: Answer, here: Answer) -> Iterator[Finding]:
    """Say what rows do besides computing, where importing the modules did not."""
    for act in here.acts:
        if act not in before.acts:
            yield _act("rows", f"evaluating one {act}", "a row should take its parameters and return its metrics")


def _act(subject: str, act: str, remedy: str) -> Finding:
    if act.endswith(LEFT_BEHIND):
        return Finding("problem", subject, act, "put it into a package of the experiments, found by Path(__file__)")
    return Finding("warning", subject, act, remedy)


def _speed(name: str, mean: float) -> Finding:
    size = choose_shard_size(_ROWS, mean, Caps())
    rate = 1 / max(mean, 1e-9)
    shown = f"{rate:,.0f}" if rate >= 1 else f"{rate:.2g}"
    message = f"{shown} rows/s a core; suggested for {_ROWS:,} rows: shards of {size:,}"
    if mean > SHARD_SECONDS:
        return Finding("warning", name, message, "a row takes longer than a shard should: split it, or simulate less")
    return Finding("ok", name, message)


def _difference(rows: Sequence[str], others: Sequence[str]) -> str | None:
    found = next(((one, two) for one, two in zip(rows, others, strict=True) if one != two), None)
    if found is None:
        return None
    one, two = (text.split(", ") for text in found)
    # Of many metrics, one that differs is enough.
    return next((f"{mine}, then {theirs}" for mine, theirs in zip(one, two, strict=False) if mine != theirs), "missing")


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    found = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return [path for path in found if "__pycache__" not in path.parts]


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= _MEGABYTE else f"{count / 1e3:,.1f} kB"
