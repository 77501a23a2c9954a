"""The machine itself: its Python, whether rows can be supervised on it, and room for the emulator's state."""

from __future__ import annotations

import multiprocessing
import platform
import shutil
import sys
from typing import TYPE_CHECKING, Final

from workbench.runs.health.finding import Finding, bad, ok, warn

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["check_disk", "check_fork", "check_python"]

_OLDEST: Final = (3, 11)
_GIB: Final = 2**30
# The emulator needs 30 MB for itself and its functions, and 50 MB for their libraries; the rest are outcomes.
_FULL_BYTES: Final = _GIB // 2
_LOW_BYTES: Final = 2 * _GIB


def check_python(version: tuple[int, int] = sys.version_info[:2], *, where: str = sys.prefix) -> Finding:
    """Check the version of Python.

    Parameters
    ----------
    version : tuple of (int, int)
        Major and minor; this interpreter's by default.
    where : str
        Its environment.

    Returns
    -------
    Finding
    """
    seen = f"{'.'.join(map(str, version))} ({platform.machine()}) in {where}"
    if version < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        return bad("python", seen, remedy=f"install the workbench into an environment of Python {oldest} or newer")
    return ok("python", seen)


def check_fork(methods: Collection[str] | None = None) -> Finding:
    """Check that rows can be evaluated in a process apart from their supervisor.

    Parameters
    ----------
    methods : collection of str, optional
        Ways to start a process; those of this platform by default.

    Returns
    -------
    Finding
    """
    if "fork" in (multiprocessing.get_all_start_methods() if methods is None else methods):
        return ok("fork", "rows are supervised: one that crashes or hangs costs itself only")
    return warn(
        "fork",
        "processes cannot be forked here, so a row that crashes ends its worker",
        remedy="evaluate on Linux or macOS, or on a stack, where rows are supervised",
    )


def check_disk(folder: Path, *, free_bytes: int | None = None) -> Finding:
    """Check that there is room where the emulator keeps its state.

    Parameters
    ----------
    folder : Path
        Of the state; it, or a folder above it, exists.
    free_bytes : int, optional
        As measured there by default.

    Returns
    -------
    Finding
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free if free_bytes is None else free_bytes
    seen = f"{free / _GIB:.1f} GiB are free for {folder}"
    remedy = "make room, or name another folder in WORKBENCH_HOME"
    if free < _FULL_BYTES:
        return bad("disk", seen, remedy=remedy)
    return warn("disk", seen, remedy=remedy) if free < _LOW_BYTES else ok("disk", seen)
