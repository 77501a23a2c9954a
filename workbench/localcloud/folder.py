"""The emulator's state folder: who works in it, and since when.

Two locks make it safe to use from anywhere at any time. One is held while somebody starts or stops the emulator, so
that two callers never get two servers. The other is held by the server itself for as long as it lives, so that a
process number that the system has given to somebody else is never taken for the emulator.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Emulator", "alone", "is_served", "read_record", "serving", "write_record"]

_RECORD = "emulator.json"
_CALLER_LOCK = "start.lock"
_SERVER_LOCK = "server.lock"


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Parameters
    ----------
    port : int
        Where it listens, on the loopback interface.
    pid : int
        Process number of the server, and number of its process group.
    state_dir : Path
        Folder of its state.
    started_at : str
        ISO 8601, UTC.
    """

    port: int
    pid: int
    state_dir: Path
    started_at: str

    @property
    def base_url(self) -> str:
        """Endpoint of every service."""
        return f"http://127.0.0.1:{self.port}"


def write_record(emulator: Emulator) -> None:
    """Write down which emulator works in its folder; it stays there after a stop, for the port.

    Parameters
    ----------
    emulator : Emulator
        The emulator.
    """
    record = {"port": emulator.port, "pid": emulator.pid, "started_at": emulator.started_at}
    draft = emulator.state_dir / f"{_RECORD}.new"
    draft.write_text(json.dumps(record), encoding="utf-8")
    draft.replace(emulator.state_dir / _RECORD)


def read_record(state_dir: Path) -> Emulator | None:
    """Read which emulator works in a folder, or was the last to.

    Parameters
    ----------
    state_dir : Path
        The folder.

    Returns
    -------
    Emulator or None
        None when the folder has no record that can be read.
    """
    try:
        record = json.loads((state_dir / _RECORD).read_text(encoding="utf-8"))
        return Emulator(int(record["port"]), int(record["pid"]), state_dir, str(record["started_at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """Keep everybody else from starting or stopping an emulator in a folder.

    Parameters
    ----------
    state_dir : Path
        The folder.
    """
    with (state_dir / _CALLER_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


@contextlib.contextmanager
def serving(state_dir: Path) -> Iterator[None]:
    """Say that this process is the folder's server, for as long as it lives.

    Parameters
    ----------
    state_dir : Path
        The folder.

    Raises
    ------
    EmulatorError
        When another server works in the folder.
    """
    with (state_dir / _SERVER_LOCK).open("w") as lock:
        for _ in range(20):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.05)  # whoever asks `is_served` has the lock for an instant
        else:
            raise EmulatorError(f"another emulator works in {state_dir}: stop it first")
        yield


def is_served(state_dir: Path) -> bool:
    """Tell whether a server lives in a folder.

    Parameters
    ----------
    state_dir : Path
        The folder.

    Returns
    -------
    bool
        Whether a living process holds the server's lock.
    """
    try:
        lock = (state_dir / _SERVER_LOCK).open()
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        # Not left to `close`: a process that another thread forks meanwhile has a copy of the file, and so the lock.
        fcntl.flock(lock, fcntl.LOCK_UN)
        return False
