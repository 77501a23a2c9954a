"""An experiment that tells how much CPU time was spent before it was called: what a cold start costs (on Linux)."""

import os
import time
from dataclasses import dataclass

from workbench.experiments import experiment

__all__ = ["ColdStart", "first_row"]


@dataclass(frozen=True)
class ColdStart:
    """What a row knows of the processes around it."""

    cpu_ms: float


@experiment(version="1")
def first_row(*, row: int) -> ColdStart:  # noqa: ARG001 -- a sweep needs an axis
    """Add up the CPU time of this process and of the one that supervises it, all threads, in milliseconds."""
    # How Linux numbers the clock of another process's CPU time; see clock_getcpuclockid(3).
    supervisors_clock = (~os.getppid() << 3) | 2
    return ColdStart(cpu_ms=(time.process_time() + time.clock_gettime(supervisors_clock)) * 1e3)
