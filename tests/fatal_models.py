"""One experiment whose rows do harm on demand: to themselves, to their worker, to the process that supervises it.

A row harms only for as long as the file ``armed`` lies in its folder. Hence the very same sweep can be evaluated again
without harm, which tells what every good row must hold, bit for bit. Every wait has an end, and memory is asked for in
steps that stop at 1 GB, so that a limit that fails costs a test and not the machine.
"""

import ctypes
import faulthandler
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from workbench.experiments import experiment

__all__ = ["ARMED", "OPEN", "harmful", "started"]

ARMED = "armed"
OPEN = "open"

_GATE_SECONDS = 90.0
_SLOW_SECONDS = 1.0
_STEP = 64 * 2**20
_STEPS = 16

Harm = Literal[
    "none",
    "raise",
    "wrong",
    "exit",
    "exit_first",
    "exit_later",
    "kill",
    "segfault",
    "hang",
    "memory",
    "slow",
    "gate",
    "tell",
    "kill_child",
    "kill_child_once",
    "stop_child",
]


@dataclass(frozen=True)
class Drawn:
    value: float
    whole: int


def started(folder: Path) -> list[Path]:
    """Which rows came to a gate, in which processes: one file for each."""
    return sorted(folder.glob("started-*"))


@experiment(version="1")
def harmful(*, x: int, harm: Harm, folder: str, rng: np.random.Generator) -> Drawn:
    """Draw, then do harm."""
    drawn = Drawn(value=x + rng.random(), whole=int(rng.integers(0, 1 << 40)))
    place = Path(folder)
    if (place / ARMED).exists():
        changed = _HARMS[harm](place, x)
        if changed is not None:
            return changed  # type: ignore[no-any-return]
    return drawn


def _none(_place: Path, _x: int) -> None:
    return None


def _raise(_place: Path, x: int) -> None:
    raise LookupError(f"nothing is known of {x}")


def _wrong(_place: Path, x: int) -> Any:
    return Drawn(value=f"about {x}", whole=0)  # type: ignore[arg-type]


def _exit(_place: Path, _x: int) -> None:
    os._exit(3)


def _exit_first(place: Path, x: int) -> None:
    if _is_first(place / f"came-{x}"):
        os._exit(3)


def _exit_later(place: Path, x: int) -> None:
    if not _is_first(place / f"came-{x}"):
        os._exit(3)


def _kill(_place: Path, _x: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _segfault(_place: Path, _x: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.disable()
    ctypes.string_at(0)


def _hang(place: Path, _x: int) -> None:
    _wait(lambda: not (place / ARMED).exists())


def _memory(_place: Path, _x: int) -> None:
    held = [np.zeros(_STEP, dtype=np.uint8) for _ in range(_STEPS)]  # given, never touched: no page is really used
    raise AssertionError(f"{len(held) * _STEP} bytes were given, no limit held")


def _slow(_place: Path, _x: int) -> None:
    time.sleep(_SLOW_SECONDS)


def _gate(place: Path, x: int) -> None:
    _tell(place, x)
    _wait((place / OPEN).exists)


def _tell(place: Path, x: int) -> None:
    """Leave word of this row, its worker, and whoever supervises that."""
    (place / f"started-{x}-{os.getppid()}-{os.getpid()}").touch()


def _kill_child(_place: Path, _x: int) -> None:
    # Only ever armed where somebody supervises: a serial evaluation would end whatever started the tests.
    os.kill(os.getppid(), signal.SIGKILL)
    _wait(lambda: False)


def _kill_child_once(place: Path, x: int) -> None:
    if _is_first(place / f"killed-{x}"):
        _kill_child(place, x)


def _stop_child(_place: Path, _x: int) -> None:
    # The supervisor then misses its own deadline, as one would that hangs.
    os.kill(os.getppid(), signal.SIGSTOP)
    _wait(lambda: False)


def _is_first(mark: Path) -> bool:
    """Tell whether nobody came here before."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _wait(ended: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _GATE_SECONDS
    while not ended():
        if time.monotonic() > deadline:
            raise TimeoutError("the test never came to end this row's waiting")
        time.sleep(0.01)


_HARMS: dict[str, Callable[[Path, int], Any]] = {
    "none": _none,
    "raise": _raise,
    "wrong": _wrong,
    "exit": _exit,
    "exit_first": _exit_first,
    "exit_later": _exit_later,
    "kill": _kill,
    "segfault": _segfault,
    "hang": _hang,
    "memory": _memory,
    "slow": _slow,
    "gate": _gate,
    "tell": _tell,
    "kill_child": _kill_child,
    "kill_child_once": _kill_child_once,
    "stop_child": _stop_child,
}
