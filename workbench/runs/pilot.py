"""A pilot: a few rows of a sweep, evaluated here before it is planned, to learn what a row takes.

They run as every row does, in a supervised process: one that crashes or hangs costs the pilot a little time and
nothing else. Nothing of them is kept, and no bit of a run depends on them.
"""

from __future__ import annotations

import copy
import time
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

__all__ = ["mean_row_seconds", "measure_row"]

# Rows begin within the first; all is over after the last, whatever they do.
_BEGIN_SECONDS: Final = 0.1
_ROW_SECONDS: Final = 1.5
_ALL_SECONDS: Final = 3.0
# Refused beyond that, for whoever submits to a cloud may have little memory at hand.
_MEMORY_BYTES: Final = 2 * 2**30
_ROWS: Final = 64
# Arrays are evaluated as a whole: the second pilot tells the cost of a row from that of a call.
_ARRAY_ROWS: Final = 4096
# The pilot is a small part of the run, even where it evaluates as much as it may.
_SHARE: Final = 8


def measure_row(
    manifest: Manifest, experiment: Experiment[..., Any], *, begin_seconds: float = _BEGIN_SECONDS
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
    n_rows = min(_ROWS, manifest.n_rows // _SHARE)
    brief = _brief(experiment, begin_seconds)
    measured = _measured(manifest, brief, n_rows)
    if not experiment.spec.vectorized or measured is None or measured * _ARRAY_ROWS > begin_seconds:
        return measured
    return _measured(manifest, brief, min(_ARRAY_ROWS, manifest.n_rows // _SHARE))


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
    silent = {ErrorCode.CRASH, ErrorCode.DEADLINE, ErrorCode.CANCELLED, _PilotOverError.__name__}
    taken = [
        row_timeout if code == ErrorCode.TIMEOUT else spent
        for code, spent in zip(error_codes, seconds, strict=True)
        if code not in silent
    ]
    told = taken[1:] or taken
    return sum(told) / len(told) if told else None


def _measured(manifest: Manifest, experiment: Experiment[..., Any], n_rows: int) -> float | None:
    if n_rows < 1:
        return None
    spec, sweep = manifest.spec, manifest.sweep
    rows = _sample(manifest, n_rows)
    keys = (
        row_keys(spec, rows.parameters, rows.replicate, seed=sweep.seed, seeding=sweep.seeding)
        if spec.uses_rng
        else None
    )
    row_timeout = min(_ROW_SECONDS, manifest.row_timeout_s or _ROW_SECONDS)
    limits = Limits(deadline=time.monotonic() + _ALL_SECONDS, row_timeout_s=row_timeout, memory_bytes=_MEMORY_BYTES)
    results = supervise(experiment, rows, keys, limits)
    return mean_row_seconds(results.error_code, (results.duration_ms / 1e3).tolist(), row_timeout=row_timeout)


def _sample(manifest: Manifest, n_rows: int) -> ShardRows:
    """Look up rows from position 1 on, in the order of positions: however few are evaluated, they are spread."""
    rows = shard_rows(manifest, 1, 1 + n_rows)
    wanted = np.arange(1, 1 + n_rows) * stride(manifest.n_rows) % manifest.n_rows
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

    def bounded(**arguments: Any) -> Any:
        now = time.monotonic()
        if not over:
            over.append(now + begin_seconds)
        elif now > over[0]:
            raise _PilotOverError
        return function(**arguments)

    return bounded
