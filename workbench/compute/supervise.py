"""Supervised evaluation: rows run in a forked worker, and what kills the worker costs one row.

The worker writes numbers straight into anonymous shared memory, at last the time at which the row ended, which says
that it is done; texts are there or in a pipe before that. The supervisor reads results only of rows that are done, so
whatever ends the worker, what it had finished stands and the row in progress is known: that one fails, and another
worker goes on behind it. Nothing is paid for that per row.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
import traceback
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.evaluate import evaluate, evaluate_span
from workbench.compute.loop import compile_loop
from workbench.compute.results import Results, empty_results
from workbench.compute.sandbox import confine
from workbench.compute.texts import BUFFER_BYTES, TextBuffer, TextReader, TextWriter
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.compute.rows import ShardRows
    from workbench.experiments import Experiment

__all__ = ["Limits", "supervise"]

_TICK: Final = 0.25  # seconds between two looks at a worker that says nothing
_ROW_TICKS: Final = 10  # looks within the time limit of a row
_CANCEL_SECONDS: Final = 2.0  # between two questions to the store whether the run is cancelled
_BROKEN: Final = 70  # exit status of a worker that failed outside the experiment (EX_SOFTWARE)
_WORD: Final = 8


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the evaluation of a shard must keep to.

    Parameters
    ----------
    deadline : float, optional
        When it must have stopped, on the clock of `time.monotonic`.
    memory_bytes : int, optional
        Memory that the worker may come to use.
    row_timeout_s : float, optional
        Seconds that one row may take.
    cancelled : callable
        Whether the run was cancelled meanwhile; asked every few seconds.
    """

    deadline: float | None = None
    memory_bytes: int | None = None
    row_timeout_s: float | None = None
    cancelled: Callable[[], bool] = field(default=lambda: False)


def supervise(
    experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64] | None, limits: Limits
) -> Results:
    """Evaluate rows in worker processes, and lose only what a worker was at when it died.

    Parameters
    ----------
    experiment, rows, keys
        As of `evaluate`.
    limits : Limits
        What to keep to.

    Returns
    -------
    Results
        As of `evaluate`. A row that ended its worker is ``CRASH``; one over the time limit of a row ``TIMEOUT``. Rows
        that the deadline left undone are ``DEADLINE``, those that a cancellation left undone ``CANCELLED``. A row that
        had a whole pass for itself and did not end is ``TIMEOUT``, so that every pass decides at least one row.
    """
    if not hasattr(os, "fork"):
        return evaluate(experiment, rows, keys)
    return _Supervisor(experiment, rows, keys, limits).evaluate()


@dataclass
class _Worker:
    """A running worker as its supervisor sees it."""

    pid: int
    texts: TextReader
    span: slice
    seen: int
    since: float


class _Supervisor:
    def __init__(
        self, experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64] | None, limits: Limits
    ) -> None:
        self._experiment = experiment
        self._rows = rows
        self._keys = keys
        self._limits = limits
        shared = _SharedArrays(experiment.spec.metrics, len(rows))
        self._results = empty_results(experiment.spec.metrics, len(rows), zeros=shared.zeros)
        self._buffer = TextBuffer(shared.zeros(BUFFER_BYTES, np.uint8).data, shared.zeros(1, np.int64).data)
        self._next_question = time.monotonic() + _CANCEL_SECONDS
        self._decided = 0

    def evaluate(self) -> Results:
        n_rows = len(self._rows)
        if self._limits.cancelled():
            self._results.fail(slice(0, n_rows), ErrorCode.CANCELLED, "the run was cancelled before this row")
            return self._results
        if not self._experiment.spec.vectorized:
            compile_loop(self._experiment.spec, told=True)  # here, and not in every worker again
        spans = deque([slice(0, n_rows)] if n_rows else [])
        while spans:
            span = spans.popleft()
            reason = self._run_worker(span)
            done = self._done(span)
            self._results.measure(slice(span.start, done), together=self._experiment.spec.vectorized)
            self._decided += done - span.start
            if done == span.stop:  # whatever ended the worker after its last row costs none
                continue
            # A row may also end its process as if all were well.
            code, message = reason or (ErrorCode.CRASH, "the row ended its process with exit status 0")
            if code in (ErrorCode.DEADLINE, ErrorCode.CANCELLED):
                self._leave_undone(span, done, code, message)
                for rest in spans:
                    self._results.fail(rest, code, message)
                break
            spans.extendleft(reversed(self._fail_unit(slice(done, span.stop), code, message)))
        return self._results

    def _fail_unit(self, rest: slice, code: ErrorCode, message: str) -> list[slice]:
        """Fail the row that ended a worker; return what is still to be evaluated."""
        size = rest.stop - rest.start
        if self._experiment.spec.vectorized and size > 1 and code == ErrorCode.CRASH:
            # All rows were in progress: halves tell in a few calls which of them it was.
            middle = rest.start + size // 2
            return [slice(rest.start, middle), slice(middle, rest.stop)]
        unit = rest if self._experiment.spec.vectorized else slice(rest.start, rest.start + 1)
        self._results.fail(unit, code, message)
        self._decided += unit.stop - unit.start
        return [slice(unit.stop, rest.stop)] if unit.stop < rest.stop else []

    def _leave_undone(self, span: slice, done: int, code: ErrorCode, message: str) -> None:
        rest = slice(done, span.stop)
        if code == ErrorCode.DEADLINE and not self._decided:
            message = "the row had a whole pass for itself and did not end: raise the time limit, or make rows cheaper"
            for behind in self._fail_unit(rest, ErrorCode.TIMEOUT, message):
                self._results.fail(behind, code, "the time limit of the pass came first")
        elif rest.start < rest.stop:
            self._results.fail(rest, code, message)

    def _run_worker(self, span: slice) -> tuple[ErrorCode, str] | None:
        """Let a worker evaluate a span; return what ended it, None where it left with exit status 0."""
        self._buffer.used[0] = 0
        # A worker that died may have told of rows that it did not come to count.
        self._results.error_code[span] = [None] * (span.stop - span.start)
        readable, writable = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        supervisor = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(readable)
            self._work(span, writable, supervisor)
        os.close(writable)
        worker = _Worker(pid, TextReader(readable, self._results, self._buffer), span, span.start, time.monotonic())
        try:
            return self._watch(worker)
        except BaseException:
            _kill(pid)
            raise
        finally:
            worker.texts.close()

    def _watch(self, worker: _Worker) -> tuple[ErrorCode, str] | None:
        limit = self._limits.row_timeout_s
        tick = _TICK if limit is None else min(_TICK, limit / _ROW_TICKS)
        while True:
            worker.texts.wait(tick)
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                worker.texts.drain()
                return _cause(status)
            if reason := self._overdue(worker):
                _kill(worker.pid)
                worker.texts.drain()
                return reason

    def _overdue(self, worker: _Worker) -> tuple[ErrorCode, str] | None:
        now, limits = time.monotonic(), self._limits
        if limits.deadline is not None and now >= limits.deadline:
            return ErrorCode.DEADLINE, "the time limit of the pass came first"
        if now >= self._next_question:
            self._next_question = now + _CANCEL_SECONDS
            if limits.cancelled():
                return ErrorCode.CANCELLED, "the run was cancelled before this row"
        if (done := self._done(worker.span)) != worker.seen:
            worker.seen, worker.since = done, now
        elif limits.row_timeout_s is not None and now - worker.since >= limits.row_timeout_s:
            return ErrorCode.TIMEOUT, f"the row took longer than {limits.row_timeout_s:g} s"
        return None

    def _done(self, span: slice) -> int:
        """Return behind which row of a span its worker is: rows are done in order."""
        return int(span.start + np.count_nonzero(self._results.clock[span.start + 1 : span.stop + 1]))

    def _work(self, span: slice, pipe: int, supervisor: int) -> None:
        """Be the worker; never returns."""
        status = 0
        try:
            confine(supervisor, memory_bytes=self._limits.memory_bytes)
            texts = TextWriter(pipe, self._results, self._buffer)
            evaluate_span(self._experiment, self._rows, self._keys, self._results, span, told=texts.send)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001 -- a forked process must not run on into its parent's code
            status = _BROKEN
            traceback.print_exc()
        finally:
            os._exit(status)


class _SharedArrays:
    """Numpy arrays in anonymous memory that a process shares with those it forks."""

    def __init__(self, metrics: tuple[Any, ...], n_rows: int) -> None:
        words = (2 * len(metrics) + 1) * (n_rows + 2) + BUFFER_BYTES // _WORD + 1
        self._memory = mmap.mmap(-1, words * _WORD)
        self._used = 0

    def zeros(self, size: int, dtype: Any) -> NDArray[Any]:
        """Return zeros: shared, but for texts, which have no fixed size."""
        if dtype == np.object_:
            return np.zeros(size, dtype=dtype)
        array = np.frombuffer(self._memory, dtype=dtype, count=size, offset=self._used)
        self._used += -(-array.nbytes // _WORD) * _WORD
        return array


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _cause(status: int) -> tuple[ErrorCode, str] | None:
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return None
    if code == _BROKEN:
        return ErrorCode.CRASH, "the worker process failed outside the experiment; its log has the traceback"
    if code > 0:
        return ErrorCode.CRASH, f"the row ended its process with exit status {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else "unknown"
    hint = "; the system does so where memory runs out" if -code == signal.SIGKILL else ""
    return ErrorCode.CRASH, f"the row's process was ended by signal {-code} ({name}){hint}"
