"""Whether anybody evaluates a run in a folder: evaluators share a lock on a file, which the system ends with them."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Presence"]


class Presence:
    """The evaluators of one run, in this process and in others.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    run_id : str
        The run.
    """

    def __init__(self, root: Path, run_id: str) -> None:
        self._path = root / "locks" / run_id

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be an evaluator."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            try:
                yield
            finally:
                # Said aloud, for processes forked meanwhile hold the same lock.
                fcntl.flock(lock, fcntl.LOCK_UN)

    @property
    def anybody(self) -> bool:
        """Whether there is an evaluator."""
        try:
            with self._path.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False
