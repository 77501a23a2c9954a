"""CPU time of importing the parent's handler from its staged asset, beside that of importing botocore alone.

Run as ``python benchmarks/imports.py [rounds]``. Every import has an interpreter of its own, without `site`. Lambda's
file system is read-only, so the asset is measured without bytecode first; what the runtime brings has its own.
"""

from __future__ import annotations

import compileall
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

CDK = Path(__file__).resolve().parents[1] / "cdk"
LIMIT_MS = 250
MEASURE = """
import importlib, sys, time
sys.path[:0] = [sys.argv[1]]
sys.path.append(sys.argv[2])
began = time.process_time()
importlib.import_module(sys.argv[3])
print((time.process_time() - began) * 1e3)
"""


def measure(asset: Path, module: str) -> float:
    """Milliseconds of CPU that one import takes in a fresh interpreter."""
    command = [sys.executable, "-I", "-S", "-B", "-c", MEASURE, str(asset), sysconfig.get_path("purelib"), module]
    environment = os.environ | {"WORKBENCH_BUCKET": "b", "WORKBENCH_CHILD_FUNCTION": "f"}
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def stage_parent(folder: Path) -> Path:
    """Stage the functions for this interpreter and return the parent's folder."""
    sys.path.insert(0, str(CDK))
    from bundling import stage  # noqa: PLC0415 -- the CDK app's modules are found from its own folder
    from config import StageConfig  # noqa: PLC0415

    here = ".".join(platform.python_version_tuple()[:2])
    parent: Path = stage(StageConfig(emulator=True, architecture="host", python=here), folder).parent
    return parent


def report(label: str, asset: Path, rounds: int) -> None:
    """Print the least and the median of both imports, taken in turns."""
    modules = ("lambdas.parent.handler", "botocore.session")
    taken = [[measure(asset, module) for module in modules] for _ in range(rounds)]
    (parent, floor), (parent_median, floor_median) = (
        [pick(column) for column in zip(*taken, strict=True)] for pick in (min, statistics.median)
    )
    print(
        f"{label}: parent {parent:.0f} ms (median {parent_median:.0f}), botocore alone {floor:.0f} ms "
        f"(median {floor_median:.0f}), ratio {parent / floor:.2f}; {'under' if parent < LIMIT_MS else 'OVER'} "
        f"{LIMIT_MS} ms"
    )


def main() -> None:
    """Measure the asset as it is staged, then with bytecode."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        asset = stage_parent(Path(folder))
        measure(asset, "botocore.session")
        report("without bytecode", asset, rounds)
        compileall.compile_dir(asset, quiet=1)
        report("with bytecode   ", asset, rounds)


if __name__ == "__main__":
    main()
