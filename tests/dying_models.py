"""Experiments whose rows end their process, or would not end at all."""

import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass

import numpy as np

from workbench.experiments import experiment

__all__ = ["does", "hoards", "poisoned", "prints", "speechless"]

MEGABYTE = 2**20


@dataclass(frozen=True)
class Deed:
    done: int
    deed: str


@dataclass(frozen=True)
class Value:
    value: float


class Speechless(Exception):  # noqa: N818 -- the name is what the outcome shows
    def __str__(self) -> str:
        raise RuntimeError


@experiment(version="1")
def does(*, step: int, deeds: str) -> Deed:
    """Do what the list says at this step."""
    deed = deeds.split(",")[step]
    match deed:
        case "raises":
            raise ValueError("no")
        case "exits":
            os._exit(3)
        case "closes":
            sys.stdout.close()  # the worker fails when it flushes it, behind its last row
        case "leaves":
            os._exit(0)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "aborts":
            ctypes.CDLL(None).abort()
        case "hangs":
            time.sleep(600)
    return Deed(done=step, deed=deed)


@experiment(version="1", vectorized=True)
def poisoned(*, x: float) -> Value:
    """End the process if a six is among the values."""
    if np.any(x == 6):
        os._exit(1)
    return Value(value=x * 2)


@experiment(version="1")
def hoards(*, megabytes: int) -> Value:
    """Use so much memory."""
    return Value(value=float(np.ones(megabytes * MEGABYTE // 8).sum()))


@experiment(version="1")
def speechless(*, x: int) -> Value:
    """Raise what cannot say why."""
    raise Speechless(x)


@experiment(version="1")
def prints(*, x: int) -> Value:
    """Print something."""
    print(f"row {x}")  # noqa: T201 -- which is the point
    return Value(value=0.0)
