"""From shards to children: a few are started from here, many by asynchronous copies of the parent.

Children are idempotent, so whatever may have gone wrong is simply asked for again: a shard that is started twice costs
time, one that is not started at all would be a silence.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from lambdas.telemetry import Metric, emit
from workbench.contract import Dispatch
from workbench.contract.keys import control_key
from workbench.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lambdas.parent.service import Dispatcher, Service
    from workbench.contract import Include

__all__ = ["INLINE_SHARDS", "RANGE_SHARDS", "THREADS", "cut", "dispatch_shards", "hand_on", "ranges", "start_children"]

# An invocation costs 1.1 to 1.4 ms of a core (`python -m benchmarks.dispatch`), and at its memory size the parent has
# 0.6 of one: so many take it about half a second of the two that an answer may take.
INLINE_SHARDS: Final = 200
# Shards that one copy starts, by the same figures in about a second of its 29.
RANGE_SHARDS: Final = 500
# Invocations under way at once.
THREADS: Final = 16

Message = TypeVar("Message")


def dispatch_shards(run_id: str, shards: Iterable[int], service: Service, *, generation: int, include: Include) -> None:
    """Hand shards of a run on, and leave the control that says so.

    Parameters
    ----------
    run_id : str
        The run; its manifest is written.
    shards : iterable of int
        In increasing order.
    service : Service
        What to act through.
    generation : int
        As of `Task`.
    include : {'infra', 'all'}
        As of `Task`.

    Raises
    ------
    RunError
        If some shards were not handed on; the control is not written then.
    """
    dispatch = Dispatch(run_id=run_id, shards=ranges(shards), generation=generation, include=include)
    with _timed(dispatch) as values:
        hand_on(dispatch, service.dispatcher)
        values[Metric.DISPATCHED_SHARDS] = sum(stop - start for start, stop in dispatch.shards)
    service.store.put(control_key(run_id, generation, "dispatched"), b"{}")


def hand_on(dispatch: Dispatch, dispatcher: Dispatcher) -> None:
    """Start children from here, or copies of the parent where there are too many.

    Children that cannot be started from here are left to one copy, which Lambda starts again if need be.

    Parameters
    ----------
    dispatch : Dispatch
        The shards.
    dispatcher : Dispatcher
        What starts functions.

    Raises
    ------
    RunError
        If some shards were not handed on, after all were tried.
    """
    tasks = list(dispatch.tasks)
    if len(tasks) > INLINE_SHARDS:
        copies = list(cut(dispatch, RANGE_SHARDS))
    elif left := _attempt(dispatcher.start_child, tasks):
        copies = [replace(dispatch, shards=ranges(task.shard_id for task, _ in left))]
    else:
        return
    if lost := _attempt(dispatcher.start_copy, copies):
        n_lost = sum(1 for copy, _ in lost for _ in copy.tasks)
        raise RunError(
            f"{n_lost} shards of {dispatch.run_id} could not be handed to children ({lost[0][1]}): ask again in a "
            "moment, which is safe; finished shards are not evaluated twice"
        )


def start_children(dispatch: Dispatch, dispatcher: Dispatcher) -> None:
    """Start a child for every shard.

    Parameters
    ----------
    dispatch : Dispatch
        The shards.
    dispatcher : Dispatcher
        What starts functions.

    Raises
    ------
    RunError
        If some cannot be started, after all were tried.
    """
    with _timed(dispatch):
        lost = _attempt(dispatcher.start_child, list(dispatch.tasks))
    if lost:
        shards = ranges(task.shard_id for task, _ in lost)
        raise RunError(f"shards {shards} of {dispatch.run_id} could not be started: {lost[0][1]}") from lost[0][1]


def ranges(shards: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Compress increasing numbers into half-open ranges.

    Examples
    --------
    >>> ranges([0, 1, 2, 5, 7, 8])
    ((0, 3), (5, 6), (7, 9))
    """
    found: list[tuple[int, int]] = []
    for shard_id in shards:
        if found and found[-1][1] == shard_id:
            found[-1] = (found[-1][0], shard_id + 1)
        else:
            found.append((shard_id, shard_id + 1))
    return tuple(found)


def cut(dispatch: Dispatch, size: int) -> Iterator[Dispatch]:
    """Cut a dispatch into ones of at most `size` shards."""
    shards = [task.shard_id for task in dispatch.tasks]
    for first in range(0, len(shards), size):
        yield replace(dispatch, shards=ranges(shards[first : first + size]))


@contextmanager
def _timed(dispatch: Dispatch) -> Iterator[dict[Metric, float]]:
    """Emit how long shards took to be handed on, and what else is put into the values."""
    began = time.monotonic()
    values: dict[Metric, float] = {}
    yield values
    values[Metric.DISPATCH_TIME] = (time.monotonic() - began) * 1e3
    emit(values, run_id=dispatch.run_id, generation=dispatch.generation)


def _attempt(start: Callable[[Message], None], messages: Sequence[Message]) -> list[tuple[Message, RunError]]:
    """Send every message, and return those that could not be sent, each with its reason."""

    def failure(message: Message) -> RunError | None:
        try:
            start(message)
        except RunError as error:
            return error
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        failures = list(pool.map(failure, messages))
    return [(message, error) for message, error in zip(messages, failures, strict=True) if error]
