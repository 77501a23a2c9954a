"""Shards on several cores: worker processes that may be lost without losing the run.

Rows are evaluated by processes that each worker supervises; what is handled here is the loss of a worker itself. Every
worker is a pool of its own with one task at a time, so that its death is always the end of that task and of no other.
"""

from __future__ import annotations

import atexit
import os
import queue
import signal
import sys
import threading
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from pebble import ProcessExpired, ProcessPool

from workbench.compute.record import record_failure
from workbench.compute.sandbox import confine
from workbench.compute.shard import Limits, run_shard
from workbench.contract import ErrorCode, Manifest, Task, decode, encode
from workbench.errors import RunError
from workbench.runs.folder import worker_name
from workbench.runs.threads import stay_with_one_thread
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from pebble import ProcessFuture

    from workbench.compute.shard import ShardReport
    from workbench.experiments import Experiment
    from workbench.runs.evaluator import Tasks
    from workbench.runs.presence import Presence

__all__ = ["PoolEvaluation"]

_TICK: Final = 0.5
# Workers that may end in a row before one of them has begun a shard.
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
        self._left = iter(tasks)
        self._again: list[Task] = []
        self._ended = threading.Event()
        self._context = context
        self._arguments = (os.getpid(), root, encode(manifest), experiment)
        self._running: dict[ProcessFuture[ShardReport], tuple[Task, ProcessPool]] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopping = False
        self._false_starts = 0
        self._held = ExitStack()
        self._held.enter_context(presence.held())
        self._held.callback(atexit.unregister, self.stop)
        atexit.register(self.stop)
        self._pools = [self._new_pool() for _ in range(min(workers, len(tasks)))]
        # Workers are forked by this thread, which outlives them: they are bound to die with it.
        self._thread = threading.Thread(target=self._drive, name=f"evaluates {manifest.run_id}", daemon=True)
        self._thread.start()

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
        self._done.put(None)
        self._thread.join()

    def _drive(self) -> None:
        with self._held:
            try:
                for pool in self._pools:
                    self._next_task(pool)
                while self._running and not self._stopping:
                    self._wait()
            except Exception as error:  # noqa: BLE001 -- kept for whoever waits for the run
                self.error = error
            finally:
                self._ended.set()
                for pool in self._pools:
                    pool.stop()  # type: ignore[no-untyped-call]  # pebble gives it no types
                for pool in self._pools:
                    pool.join()

    def _wait(self) -> None:
        try:
            future = self._done.get(timeout=_TICK)
        except queue.Empty:
            # A pool that breaks between two tasks forgets the second.
            for forgotten in [item for item, (_, pool) in self._running.items() if not pool.active]:
                self._settle(forgotten)
        else:
            if future in self._running:
                self._settle(future)

    def _settle(self, future: ProcessFuture[ShardReport]) -> None:
        task, pool = self._running.pop(future)
        match future.exception() if future.done() else BrokenProcessPool():
            case None:
                self._false_starts = 0
            case ProcessExpired() as lost:
                self._false_starts = 0
                self._record(task, lost.exitcode)
            case BrokenProcessPool() as broken:
                # The worker ended before it was heard to have taken the task.
                self._again.append(task)
                self._false_starts += 1
                if self._false_starts > _FALSE_STARTS:
                    raise RunError("worker processes end before they evaluate anything; they say why above") from broken
            case error:
                raise error
        self._next_task(pool)

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

    def _next_task(self, pool: ProcessPool) -> None:
        task = self._again.pop() if self._again else next(self._left, None)
        if task is not None:
            if not pool.active:
                pool = self._replaced(pool)
            future = pool.schedule(_evaluate, args=(encode(task),))
            self._running[future] = task, pool
            future.add_done_callback(self._done.put)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(max_workers=1, initializer=_prepare, initargs=self._arguments, context=self._context)

    def _replaced(self, pool: ProcessPool) -> ProcessPool:
        pool.stop()  # type: ignore[no-untyped-call]  # pebble gives it no types
        pool.join()
        self._pools.remove(pool)
        self._pools.append(self._new_pool())
        return self._pools[-1]


_state: dict[str, Any] = {}


def _prepare(supervisor: int, root: Path, manifest: bytes, experiment: Callable[[], Experiment[..., Any]]) -> None:
    confine(supervisor, memory_bytes=None)
    if not sys.platform.startswith("linux"):
        # There the rows' process does not die with this one: leaving by an exception ends it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stay_with_one_thread()
    _state.update(
        store=LocalStore(root),
        manifest=decode(manifest, Manifest, source="manifest"),
        experiment=experiment(),
    )


def _evaluate(task: bytes) -> ShardReport:
    return run_shard(
        _state["store"],
        _state["manifest"],
        decode(task, Task, source="task"),
        worker=worker_name(),
        experiment=_state["experiment"],
        limits=Limits(),
    )
