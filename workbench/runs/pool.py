"""Shards on several cores: worker processes that may be lost without losing the run.

Rows are evaluated by processes that each worker supervises; what is handled here is the loss of a worker itself.
"""

from __future__ import annotations

import atexit
import signal
import threading
from contextlib import ExitStack
from itertools import chain
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final

from workbench.compute.record import record_failure
from workbench.contract import ErrorCode, encode
from workbench.errors import RunError
from workbench.runs.folder import worker_name
from workbench.runs.loading import nothing_half_loaded
from workbench.runs.workers import Lost, Worker
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from workbench.contract import Manifest, Task
    from workbench.experiments import Experiment
    from workbench.runs.evaluator import Tasks
    from workbench.runs.presence import Presence

__all__ = ["PoolEvaluation"]

# Between two looks at who was told to stop, or has died while something that it started keeps its connection open.
_TICK: Final = 0.1
# Workers that may end in a row before one of them was ready.
_FALSE_STARTS: Final = 3


class PoolEvaluation:
    """Evaluates shards in the background; an `Evaluation`.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    manifest : Manifest
        Of the run.
    tasks : Tasks
        The shards.
    presence : Presence
        Held while it goes on.
    workers : int
        Processes to use.
    context : multiprocessing context
        How they are started.
    experiment : callable
        Finds the experiment in a worker.
    """

    def __init__(
        self,
        root: Path,
        manifest: Manifest,
        tasks: Tasks,
        *,
        presence: Presence,
        workers: int,
        context: BaseContext,
        experiment: Callable[[], Experiment[..., Any]],
    ) -> None:
        self.error: Exception | None = None
        self._store = LocalStore(root)
        self._manifest = manifest
        self._left: Iterator[Task] = iter(tasks)
        self._context = context
        self._arguments = (root, encode(manifest), experiment)
        self._workers: list[Worker] = []
        self._false_starts = 0
        self._stopping = False
        self._begun, self._ended = threading.Event(), threading.Event()
        self._held = ExitStack()
        self._held.enter_context(presence.held())
        self._held.callback(atexit.unregister, self.stop)
        atexit.register(self.stop)
        # Workers are forked by this thread, which outlives them: they are bound to die with it.
        self._thread = threading.Thread(
            target=self._drive, args=(min(workers, len(tasks)),), name=f"evaluates {manifest.run_id}", daemon=True
        )
        self._thread.start()
        # What a caller imports next would be half loaded in workers that are forked meanwhile.
        self._begun.wait()

    @property
    def ended(self) -> bool:
        """Whether no shard is evaluated any more."""
        return self._ended.is_set()

    def wait(self, seconds: float) -> None:
        """Return after that time, or as soon as it has ended."""
        self._ended.wait(seconds)

    def stop(self) -> None:
        """End it promptly; finished outcomes are kept, and what is missing can be evaluated again."""
        self._stopping = True
        self._thread.join()

    def _drive(self, workers: int) -> None:
        with self._held:
            try:
                for _ in range(workers):
                    self._start_worker()
                self._begun.set()
                while self._workers and not self._stopping:
                    self._wait()
            except Exception as error:  # noqa: BLE001 -- kept for whoever waits for the run
                self.error = error
            finally:
                self._begun.set()
                self._ended.set()
                for worker in self._workers:
                    worker.stop()

    def _start_worker(self) -> None:
        with nothing_half_loaded():
            self._workers.append(Worker(self._context, *self._arguments))

    def _wait(self) -> None:
        talking = wait([worker.connection for worker in self._workers], _TICK)
        for worker in [worker for worker in self._workers if worker.connection in talking or worker.ended]:
            self._hear(worker)

    def _hear(self, worker: Worker) -> None:
        match worker.hear():
            case None:
                self._false_starts = 0
                self._give(worker, next(self._left, None))
            case Lost() as lost:
                self._replace(worker, lost)
            case error:
                raise error

    def _give(self, worker: Worker, task: Task | None) -> None:
        if task is None:
            self._workers.remove(worker)
            worker.stop()
        elif not worker.give(task):
            self._left = chain([task], self._left)

    def _replace(self, worker: Worker, lost: Lost) -> None:
        self._workers.remove(worker)
        worker.stop()
        if worker.task is not None:
            self._record(worker.task, lost.exit_code)
        else:
            self._false_starts += 1
            if self._false_starts > _FALSE_STARTS:
                raise RunError("worker processes end before they evaluate anything; they say why above") from lost
        self._start_worker()

    def _record(self, task: Task, exit_code: int) -> None:
        """Leave the outcome of a shard whose worker was lost."""
        killed = exit_code == -signal.SIGKILL
        how = f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit status {exit_code}"
        hint = ", as the system does where memory runs out" if killed else ""
        record_failure(
            self._store,
            self._manifest,
            task.shard_id,
            generation=task.generation,
            code=ErrorCode.OOM if killed else ErrorCode.CRASH,
            message=f"the worker process of the shard was {how}{hint}",
            worker=worker_name(),
        )
