"""Memory of a process and all its descendants: proportional set sizes, so that what they share counts once."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Final

import psutil

__all__ = ["PeakMemory"]

_SECONDS: Final = 0.02
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class PeakMemory:
    """Watches a process tree until it is told to stop; where the system knows no Pss, resident sizes are added up.

    Parameters
    ----------
    pid : int
        The root of the tree.
    """

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop watching; return the highest sum that was seen, in bytes."""
        self._stop.set()
        self._thread.join()
        return self.peak_bytes

    def _watch(self) -> None:
        while not self._stop.wait(_SECONDS):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.peak_bytes = max(self.peak_bytes, sum(map(_size, tree)))


def _size(process: psutil.Process) -> int:
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup")
        if rollup.parent.exists():
            found = _PSS.search(rollup.read_text())
            return int(found[1]) * 1024 if found else 0
        return int(process.memory_info().rss)
    except (OSError, psutil.Error):  # it has ended meanwhile
        return 0
