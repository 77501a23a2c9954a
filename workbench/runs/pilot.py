"""A pilot: a few rows of a sweep, evaluated here before it is planned, to learn what a row takes.

They run as every row does, in a supervised process: one that crashes or hangs costs the pilot a little time and
nothing else. Nothing of them is kept, and no bit of a run depends on them.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.rows import ShardRows, shard_rows
from workbench.compute.seeding import row_keys
from workbench.compute.supervise import Limits, supervise
from workbench.contract import ErrorCode
from workbench.space import stride

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.contract import Manifest
    from workbench.experiments import Experiment

__all__ = ["Effort", "Pilot", "mean_row_seconds", "measure_row", "try_rows"]

# Until the first worker has its first row, generously.
_START_SECONDS: Final = 1.0
# Refused beyond that, for whoever submits to a cloud may have little memory at hand.
_MEMORY_BYTES: Final = 2 * 2**30
# Arrays are evaluated as a whole: the second pilot tells the cost of a row from that of a call.
_ARRAY_ROWS: Final = 4096
# Quantile of the rows that the first one is compared with.
_USUAL: Final = 0.95
_SILENT: Final = {ErrorCode.CRASH, ErrorCode.DEADLINE, ErrorCode.CANCELLED, "_PilotOverError"}


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much a pilot may take.

    Parameters
    ----------
    begin_seconds, row_seconds, all_seconds : float
        Rows begin within the first and end after the second; all is over after the last, whatever they do.
    rows : int
        Tried at most.
    share : int
        Of so many rows of the run one is tried: the pilot is a small part of the run, even where it evaluates as much
        as it may.
    """

    begin_seconds: float = 0.1
    row_seconds: float = 1.5
    all_seconds: float = 3.0
    rows: int = 64
    share: int = 8


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """What a pilot found.

    Parameters
    ----------
    seconds : tuple of float
        What each row took that tells anything; without the first row, which has loaded what the others found, where
        there are others.
    first_seconds : float
        What that first row took beyond nearly all of the others; every shard has such a row.
    cut_off : int
        How many of them took longer than the pilot let them.
    """

    seconds: tuple[float, ...] = ()
    first_seconds: float = 0.0
    cut_off: int = 0

    @property
    def mean(self) -> float | None:
        """Seconds that a row takes, at least; None where no row tells anything."""
        return sum(self.seconds) / len(self.seconds) if self.seconds else None


def measure_row(
    manifest: Manifest, experiment: Experiment[..., Any], *, begin_seconds: float = Effort.begin_seconds
) -> float | None:
    """Evaluate a fair sample of the rows of a run for a moment.

    Parameters
    ----------
    manifest : Manifest
        Of the run, whatever its shards.
    experiment : Experiment
        What is evaluated.
    begin_seconds : float
        Rows begin within so long.

    Returns
    -------
    float or None
        Seconds that a row takes, at least; None where no row came to an end, or where there are too few to try any.
    """
    return try_rows(manifest, experiment, Effort(begin_seconds=begin_seconds)).mean


def try_rows(manifest: Manifest, experiment: Experiment[..., Any], effort: Effort) -> Pilot:
    """Evaluate a fair sample of the rows of a run, and keep what each one took.

    Parameters
    ----------
    manifest : Manifest
        Of the run, whatever its shards.
    experiment : Experiment
        What is evaluated.
    effort : Effort
        How long, and how many.

    Returns
    -------
    Pilot
    """
    brief = _brief(experiment, effort.begin_seconds)
    tried = _tried(manifest, brief, effort, min(effort.rows, manifest.n_rows // effort.share))
    mean = tried.mean
    if not experiment.spec.vectorized or mean is None or mean * _ARRAY_ROWS > effort.begin_seconds:
        return tried
    return _tried(manifest, brief, effort, min(_ARRAY_ROWS, manifest.n_rows // effort.share))


def mean_row_seconds(
    error_codes: Sequence[str | None], seconds: Sequence[float], *, row_timeout: float
) -> float | None:
    """Average what rows took, as far as they tell.

    Parameters
    ----------
    error_codes : sequence of str or None
        Of rows in the order in which they were evaluated; None where the row is good.
    seconds : sequence of float
        Spent on each.
    row_timeout : float
        Seconds after which a row was ended.

    Returns
    -------
    float or None
        Without the first row, which has loaded what the others found, where there are others; a row that was ended
        took as long as it was let; None where no row tells anything.
    """
    return _pilot(error_codes, seconds, row_timeout).mean


def _pilot(error_codes: Sequence[str | None], seconds: Sequence[float], row_timeout: float) -> Pilot:
    taken = tuple(
        row_timeout if code == ErrorCode.TIMEOUT else spent
        for code, spent in zip(error_codes, seconds, strict=True)
        if code not in _SILENT
    )
    if not taken[1:]:
        return Pilot(seconds=taken)
    # By rank: numpy's percentile takes as long to load as many a pilot takes.
    usual = sorted(taken[1:])[math.ceil(len(taken[1:]) * _USUAL) - 1]
    return Pilot(seconds=taken[1:], first_seconds=max(0.0, taken[0] - usual))


def _tried(manifest: Manifest, experiment: Experiment[..., Any], effort: Effort, n_rows: int) -> Pilot:
    if n_rows < 1:
        return Pilot()
    spec, sweep = manifest.spec, manifest.sweep
    rows = _sample(manifest, n_rows)
    keys = (
        row_keys(spec, rows.parameters, rows.replicate, seed=sweep.seed, seeding=sweep.seeding)
        if spec.uses_rng
        else None
    )
    own_limit = manifest.row_timeout_s or math.inf
    row_timeout = min(effort.row_seconds, own_limit)
    deadline = time.monotonic() + effort.all_seconds
    limits = Limits(deadline=deadline, row_timeout_s=row_timeout, memory_bytes=_MEMORY_BYTES)
    results = supervise(experiment, rows, keys, limits)
    found = _pilot(results.error_code, (results.duration_ms / 1e3).tolist(), row_timeout)
    ended = results.error_code.count(ErrorCode.TIMEOUT)
    return replace(found, cut_off=ended if row_timeout < own_limit else 0)


def _sample(manifest: Manifest, n_rows: int) -> ShardRows:
    """Look up rows from position 1 on, in the order of positions: however few are evaluated, they are spread."""
    first = min(1, manifest.n_rows - n_rows)
    rows = shard_rows(manifest, first, first + n_rows)
    wanted = np.arange(first, first + n_rows) * stride(manifest.n_rows) % manifest.n_rows
    order = np.searchsorted(rows.row_index, wanted)
    return ShardRows(
        row_index=rows.row_index[order],
        point_index=rows.point_index[order],
        replicate=rows.replicate[order],
        parameters={name: column[order] for name, column in rows.parameters.items()},
    )


class _PilotOverError(Exception):
    """Raised instead of evaluating a row that need not be evaluated."""


def _brief(experiment: Experiment[..., Any], begin_seconds: float) -> Experiment[..., Any]:
    """Return an experiment that, some moments after its first row, refuses further ones."""
    brief = copy.copy(experiment)
    brief.function = _until_over(experiment.function, begin_seconds)
    return brief


def _until_over(function: Callable[..., Any], begin_seconds: float) -> Callable[..., Any]:
    over: list[float] = []
    # A worker that follows one that has died knows nothing of its rows.
    last = time.monotonic() + begin_seconds + _START_SECONDS

    def bounded(**arguments: Any) -> Any:
        now = time.monotonic()
        if not over:
            over.append(min(now + begin_seconds, last))
        if now > over[0]:
            raise _PilotOverError
        return function(**arguments)

    return bounded
