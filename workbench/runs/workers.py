"""A worker: one process that evaluates one shard after another, and of which it is always known which one.

A pool of the standard library breaks, or waits for ever, when one of its processes dies; here the death of a worker is
the end of its task and of no other.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

from workbench.compute.sandbox import confine
from workbench.compute.shard import Limits, run_shard
from workbench.contract import Manifest, Task, decode, encode
from workbench.runs.folder import worker_name
from workbench.runs.threads import stay_with_one_thread
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from workbench.experiments import Experiment

__all__ = ["Lost", "Worker"]

_STOP_SECONDS: Final = 5.0


class Lost(Exception):  # noqa: N818 -- told by a worker, raised by nobody
    """The process of a worker has ended.

    Parameters
    ----------
    exit_code : int
        Its exit status, or the negative number of the signal that ended it.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


class Worker:
    """A process that says when it is ready, and then evaluates what it is given.

    Parameters
    ----------
    context : multiprocessing context
        How it is started.
    root : Path
        Folder of the runs.
    manifest : bytes
        Of the run, encoded.
    experiment : callable
        Finds the experiment, in the worker.

    Attributes
    ----------
    connection : Connection
        Ready to be read when the worker has something to say.
    task : Task, optional
        What it is at.
    """

    def __init__(
        self, context: BaseContext, root: Path, manifest: bytes, experiment: Callable[[], Experiment[..., Any]]
    ) -> None:
        self.connection, theirs = context.Pipe()
        self.task: Task | None = None
        self._process = context.Process(  # type: ignore[attr-defined]  # typeshed keeps it from the base class
            target=_serve, args=(theirs, os.getpid(), root, manifest, experiment), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def ended(self) -> bool:
        """Whether its process is gone; asked now and then, for what it started may keep the connection open."""
        return self._process.exitcode is not None

    def give(self, task: Task) -> bool:
        """Let it evaluate a shard; False where it has ended already, which `hear` tells."""
        try:
            self.connection.send_bytes(encode(task))
        except OSError:
            return False
        self.task = task
        return True

    def hear(self) -> Exception | None:
        """Take what it says: None where it is ready or has done its task, else what went wrong."""
        try:
            said: Exception | None = self.connection.recv() if self.connection.poll() else self._lost()
        except (EOFError, OSError):
            return self._lost()
        if said is None:
            self.task = None
        return said

    def stop(self) -> None:
        """End it promptly."""
        self._process.terminate()
        self._process.join(_STOP_SECONDS)
        if not self.ended:
            self._process.kill()
            self._process.join()
        self.connection.close()

    def _lost(self) -> Lost:
        self._process.join()
        return Lost(self._process.exitcode)


def _serve(
    connection: Connection,
    supervisor: int,
    root: Path,
    manifest: bytes,
    experiment: Callable[[], Experiment[..., Any]],
) -> None:
    """Be the worker."""
    confine(supervisor, memory_bytes=None)
    if not sys.platform.startswith("linux"):
        # There the rows' process does not die with this one: leaving by an exception ends it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stay_with_one_thread()
    store, found = LocalStore(root), experiment()
    planned = decode(manifest, Manifest, source="manifest")
    # What is there stays: the collector would only copy its pages into the processes of rows.
    gc.freeze()
    connection.send(None)
    while True:
        try:
            task = decode(connection.recv_bytes(), Task, source="task")
        except EOFError:
            return
        try:
            run_shard(store, planned, task, worker=worker_name(), experiment=found, limits=Limits())
        except Exception as error:  # noqa: BLE001 -- told to whoever waits for the run
            traceback.print_exc()
            connection.send(error)
        else:
            connection.send(None)
