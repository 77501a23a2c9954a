"""Size and CPU time of a cold start, by part: the functions from their staged assets, up to a child's first row.

Run as ``python benchmarks/imports.py [rounds]``, on Linux; it prints Markdown, which `make bench` adds to its page.
Every start has an interpreter of its own, without `site`, and the environment that the template gives the function.
The kinds of start take turns, and each also times a fixed loop, which shows how much the machine itself varies. What
Lambda's runtime brings has its bytecode.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE: Final = Path(__file__).resolve().parent
RUNTIME: Final = ("botocore", "jmespath", "dateutil", "urllib3", "six.py")
POWERTOOLS: Final = "aws_lambda_powertools.logging"
# What the child may cost: unzipped MB, and milliseconds of CPU before its first row.
MOST_MB, MOST_MS = 150, 700
OUTCOMES: Final = ("numpy", "pyarrow", "pyarrow.parquet")
BUILTIN: Final = (
    "workbench.experiments.queueing",
    "workbench.experiments.epidemic",
    "workbench.experiments.marketplace",
)
# In the order in which they are imported: each costs what the ones before it have not paid already.
PARTS: Final = {
    "child": ("botocore.session", "msgspec", POWERTOOLS, *OUTCOMES, *BUILTIN),
    "recorder": ("botocore.session", "msgspec", POWERTOOLS, *OUTCOMES),
    "parent": ("botocore.session", "msgspec", POWERTOOLS, "aws_lambda_powertools.event_handler"),
}
IMPORTED, FIRST_ROW, REFERENCE = "interpreter and imports", "up to the first row", "fixed loop"
ENVIRONMENT: Final = {
    "WORKBENCH_BUCKET": "b",
    "WORKBENCH_CHILD_FUNCTION": "f",
    "WORKBENCH_EXPERIMENTS": "first_row",
    "OPENBLAS_NUM_THREADS": "1",
    "POWERTOOLS_SERVICE_NAME": "f",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "k",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
}


@dataclass(frozen=True, kw_only=True)
class Start:
    """One kind of cold start: a function, with the folders that it finds modules in."""

    function: str
    folders: tuple[Path, ...]
    label: str
    run_id: str = ""
    manifest: str = ""

    def measure(self) -> dict[str, float]:
        """Milliseconds of CPU by part, of one start."""
        settings = {
            "folders": [*map(str, self.folders)],
            "parts": PARTS[self.function],
            "handler": f"lambdas.{self.function}.handler",
            "run_id": self.run_id,
            "manifest": self.manifest,
        }
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(HERE / "cold_start.py"), json.dumps(settings)],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.label}: {done.stderr}")
        spent: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        measured = (spent[name] for name in spent if name not in {FIRST_ROW, REFERENCE})
        return spent | {IMPORTED: sum(measured)}


def starts(folder: Path) -> Iterator[Start]:
    """Stage the functions for this interpreter, with their bytecode and without, and plan a run of one row."""
    sys.path[:0] = [str(HERE.parent / "cdk"), str(HERE)]
    from bundling import stage  # noqa: PLC0415 -- the CDK app's modules are found from its own folder
    from config import StageConfig  # noqa: PLC0415
    from sizes import sizes_by_part  # noqa: PLC0415

    here = ".".join(platform.python_version_tuple()[:2])
    staged = folder / "staged"
    bundle = stage(StageConfig(emulator=True, architecture="host", python=here), staged)
    print_sizes(sizes_by_part(bundle.child, bundle.layer))
    with zipfile.ZipFile(bundle.layer) as libraries:
        libraries.extractall(staged)
    shutil.copy(HERE / "first_row.py", staged / "child")
    compileall.compile_file(staged / "child" / "first_row.py", quiet=1)
    shutil.copytree(staged, folder / "sources", ignore=shutil.ignore_patterns("__pycache__"))
    runtime = stage_runtime(folder / "runtime")
    run_id, manifest = one_row()
    for place, suffix in ((staged, ""), (folder / "sources", ", no bytecode")):
        folders = {"child": (place / "child", place / "python", runtime), "parent": (place / "parent", runtime)}
        yield Start(
            function="child", label=f"child{suffix}", folders=folders["child"], run_id=run_id, manifest=manifest
        )
        yield Start(function="parent", label=f"parent{suffix}", folders=folders["parent"])
    yield Start(function="recorder", label="recorder", folders=(staged / "recorder", staged / "python", runtime))


def stage_runtime(folder: Path) -> Path:
    """Copy what Lambda brings, and compile it."""
    folder.mkdir()
    for name in RUNTIME:
        source = Path(sysconfig.get_path("purelib"), name)
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder)
    compileall.compile_dir(folder, quiet=1)
    return folder


def one_row() -> tuple[str, str]:
    """Plan a run of one row of `first_row`; returns its name and its manifest."""
    from workbench.contract import Caps, RunRequest, SweepDocument, encode, plan_run  # noqa: PLC0415
    from workbench.experiments.registry import catalog, find  # noqa: PLC0415
    from workbench.space import product  # noqa: PLC0415

    os.environ["WORKBENCH_EXPERIMENTS"] = "first_row"
    fingerprint = find("first_row").spec.fingerprint
    sweep = SweepDocument(experiment="first_row", fingerprint=fingerprint, space=product(row=[1]))
    now = datetime.now(UTC).isoformat()
    manifest = plan_run(RunRequest(sweep=sweep), catalog(), Caps(), created_by="a benchmark", created_at=now)
    return manifest.run_id, encode(manifest).decode()


def print_sizes(parts: Mapping[str, int]) -> None:
    """Print what the child and its layer consist of."""
    print(
        f"| child and layer, unzipped, {platform.machine()}, Python {platform.python_version()} | MB |\n| --- | ---: |"
    )
    for part, size in parts.items():
        if size > 10**6:
            print(f"| {part} | {size / 1e6:.1f} |")
    total = sum(parts.values()) / 1e6
    print(f"| all | {total:.1f} |\n\nTarget: under {MOST_MB} MB, {verdict(total < MOST_MB)}.\n")


def verdict(met: bool) -> str:  # noqa: FBT001 -- what it is about
    """Word whether a target is met."""
    return "met" if met else "**missed**"


def print_table(labels: Iterable[str], taken: Mapping[str, list[dict[str, float]]]) -> None:
    """Print the median of every part of every kind of start."""
    labels = list(labels)
    print(f"| CPU, ms (median of {len(taken[labels[0]])}) | {' | '.join(labels)} |")
    print("| --- |" + " ---: |" * len(labels))
    imports = dict.fromkeys(part for parts in PARTS.values() for part in parts)
    for part in ("interpreter", *imports, "handler, clients", IMPORTED, FIRST_ROW, REFERENCE):
        cells = (
            f"{statistics.median(each[part] for each in taken[label]):.0f}" if part in taken[label][0] else ""
            for label in labels
        )
        print(f"| {part} | {' | '.join(cells)} |")
    child = {label: statistics.median(each[FIRST_ROW] for each in taken[label]) for label in labels if "child" in label}
    verdicts = ", ".join(f"{label} {verdict(spent < MOST_MS)}" for label, spent in child.items())
    print(f"\nTarget: under {MOST_MS} ms up to the first row: {verdicts}.")


def main() -> None:
    """Measure every kind of start in turns."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("\n## Size and cold start of the functions\n")
    print(f"`python benchmarks/imports.py {rounds}`, every start in an interpreter of its own.")
    print("A deployment ships bytecode where it is made with the Python version of the functions.\n")
    with tempfile.TemporaryDirectory() as folder:
        kinds = list(starts(Path(folder)))
        for kind in kinds:
            kind.measure()
        taken: dict[str, list[dict[str, float]]] = {kind.label: [] for kind in kinds}
        began = os.getloadavg()[0]
        for _ in range(rounds):
            for kind in kinds:
                taken[kind.label].append(kind.measure())
    print_table(sorted(taken), taken)
    print(f"\nLoad: {began:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
