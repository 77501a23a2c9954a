"""Small experiments, most of which go wrong in a known way; ``WORKBENCH_EXPERIMENTS=faulty_models`` names them."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.experiments import experiment

__all__ = [
    "dies_while",
    "exits",
    "in_place",
    "marks_and_waits",
    "misbehaves",
    "mixed",
    "noise",
    "sometimes_raises",
    "squares",
    "waits_for",
    "wrong_arrays",
    "wrong_types",
]

GATE_SECONDS = 20


@dataclass(frozen=True)
class Draw:
    value: float


@dataclass(frozen=True)
class Noise:
    uniform: float
    normal: float
    scaled: float
    small: int


@dataclass(frozen=True)
class Mixed:
    text: str
    whole: int
    positive: bool
    root: float | None
    note: str | None


@dataclass(frozen=True)
class Count:
    whole: int


@dataclass(frozen=True)
class Square:
    square: float
    name: str


@experiment(version="1")
def sometimes_raises(*, x: int, rng: np.random.Generator) -> Draw:
    """Raise for multiples of three, after having drawn."""
    draw = rng.random()
    if x % 3 == 0:
        raise ValueError(f"{x} is a multiple of 3")
    return Draw(value=x + draw)


@experiment(version="1")
def noise(*, a: float, b: int = 1, c: str = "z", d: bool = False, rng: np.random.Generator) -> Noise:
    """Draw from every kind of stream; half a 64-bit word is left over behind the 32-bit draw."""
    small = int(rng.integers(0, 1000, dtype=np.uint32))
    uniform, normal = rng.random(), rng.normal()
    return Noise(uniform=uniform, normal=normal, scaled=abs(a) * uniform + b + len(c) + d, small=small)


@experiment(version="1")
def mixed(*, x: int, label: str = "ä", flag: bool = True) -> Mixed:
    """Return every type of metric, the optional ones only sometimes."""
    root = float(x) ** 0.5 if x >= 0 else None
    return Mixed(text=f"{label}{x}", whole=x, positive=x > 0, root=root, note=None if flag else "no flag")


@experiment(version="1")
def wrong_types(*, x: int) -> Count:
    """Return what was not declared, but for x = 0."""
    wrong: list[Any] = [0, 1.5, "two", None, True, 2**63]
    return Count(whole=wrong[x]) if x < len(wrong) else (x,)  # type: ignore[return-value]


@experiment(version="1")
def exits(*, x: int) -> Count:
    """Call `sys.exit` for x = 1."""
    if x == 1:
        sys.exit("enough")
    return Count(whole=x)


@experiment(version="1")
def dies_while(*, x: int, flag: str) -> Count:
    """End the process at x = 3 for as long as the file `flag` exists."""
    if x == 3 and Path(flag).exists():
        os._exit(9)
    return Count(whole=x)


@experiment(version="1")
def waits_for(*, x: int, gate: str) -> Count:
    """Go on when the file `gate` exists."""
    deadline = time.monotonic() + GATE_SECONDS
    while not Path(gate).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(gate)
        time.sleep(0.005)
    return Count(whole=x)


@experiment(version="1", vectorized=True)
def squares(*, x: float, label: str = "s") -> Square:
    """Square all rows at once."""
    return Square(square=x * x, name=label)


@experiment(version="1", vectorized=True)
def in_place(*, x: float) -> Draw:
    """Double the very array that came in."""
    x *= 2
    return Draw(value=x)


@experiment(version="1", vectorized=True)
def wrong_arrays(*, x: float, label: str) -> Square:
    """Return numbers where texts are declared."""
    return Square(square=x, name=np.full(len(label), 3, dtype=np.object_))  # type: ignore[arg-type]


@experiment(version="1")
def misbehaves(*, x: int, how: str, flag: str = "") -> Count:
    """Go wrong at x = 3 in a named way; where a flag is named, only for as long as that file exists."""
    if x == 3 and (not flag or Path(flag).exists()):
        match how:
            case "raise":
                raise ValueError("three")
            case "exit":
                os._exit(7)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(3600)
            case "kill the worker":
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(3600)
    return Count(whole=x)


@experiment(version="1")
def marks_and_waits(*, x: int, folder: str) -> Count:
    """Leave the file `started-<x>`, then go on when the file `gate` exists."""
    Path(folder, f"started-{x}").touch()
    while not Path(folder, "gate").exists():
        time.sleep(0.005)
    return Count(whole=x)
