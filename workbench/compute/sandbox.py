"""What a worker process does to itself before it evaluates: it dies with its supervisor, and keeps within memory."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

__all__ = ["confine"]

_PR_SET_PDEATHSIG: Final = 1
_C_LIBRARY: Final = ctypes.CDLL(None)
# What the interpreter and its libraries may still come to need, whatever the limit says.
_HEADROOM: Final = 64 * 2**20


def confine(supervisor: int, *, memory_bytes: int | None) -> None:
    """Prepare a forked worker.

    Interrupts from the keyboard go to the supervisor alone, which decides. On Linux the worker is killed when its
    supervisor dies, and memory beyond the limit is refused with `MemoryError`, which costs the row and not the
    machine; elsewhere a worker without a supervisor ends with its span.

    Parameters
    ----------
    supervisor : int
        Process that forked this one.
    memory_bytes : int, optional
        Resident memory that the worker may come to use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not sys.platform.startswith("linux"):
        return
    _C_LIBRARY.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it died before it could be bound to us
        os._exit(1)
    if memory_bytes is not None:
        _limit_memory(memory_bytes)


def _limit_memory(memory_bytes: int) -> None:
    """Limit private memory, of which a process reserves much more than it uses: only the growth from here counts."""
    fields = [int(pages) * resource.getpagesize() for pages in Path("/proc/self/statm").read_text("ascii").split()]
    resident, data = fields[1], fields[5]
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = data + max(memory_bytes - resident - _HEADROOM, _HEADROOM)
    resource.setrlimit(resource.RLIMIT_DATA, (min(allowed, hard) if hard != resource.RLIM_INFINITY else allowed, hard))
