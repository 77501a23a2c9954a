"""Where and with what it was measured: the machine, its load, the versions and the state of the source."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.contenders import CONTENDERS
from benchmarks.launch import ROOT

__all__ = ["cores", "describe", "source_state"]

_PACKAGES: Final = ("numpy", "pandas", "pyarrow", "duckdb")
_WATCHED_SECONDS: Final = 2.0


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe(command: str) -> dict[str, Any]:
    """Describe the machine, as it is before anything is started.

    Parameters
    ----------
    command : str
        What was typed.

    Returns
    -------
    dict
        Of texts and numbers, for JSON.
    """
    packages = dict.fromkeys((*_PACKAGES, *(item.package for item in CONTENDERS.values() if item.package)))
    return {
        "command": command,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": cores(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": list(os.getloadavg()),
        "busy_percent": psutil.cpu_percent(_WATCHED_SECONDS),
        "versions": {name: _version(name) for name in packages},
        "source": source_state(),
    }


def source_state() -> str:
    """Identify the source that is measured: the product and the benchmarks, whether committed or not."""
    names = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "workbench", "benchmarks").split("\0")
    texts = [(ROOT / name).read_bytes() for name in sorted(set(names)) if name and (ROOT / name).is_file()]
    digest = hashlib.blake2b(b"\0".join(texts), digest_size=6).hexdigest()
    return f"{_git('rev-parse', '--short', 'HEAD').strip()}, files {digest}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
