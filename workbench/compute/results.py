"""What came of rows: typed columns, in memory that may be shared between processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.columns import DTYPES
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.contract import MetricSpec

__all__ = ["MetricError", "Results", "describe", "empty_results", "refuse"]

_MESSAGE_LENGTH: Final = 2_000
_OURS: Final = __name__.partition(".")[0]


class MetricError(TypeError):
    """A metric that is not what was declared."""


@dataclass(frozen=True)
class Results:
    """What came of the rows; every array and list has one entry per row.

    Parameters
    ----------
    metrics : dict of ndarray
        Typed as declared; what stands where `present` is false means nothing.
    present : dict of ndarray of bool
        Where a metric has a value.
    error_code, error_message : list of str or None
        None where the row is good.
    duration_ms : ndarray of float
        Time spent on the row; as `measure` leaves it.
    clock : ndarray of float, one more than rows
        When a row began, in seconds, and in the next place when it ended; 0 where that did not happen. A row whose end
        stands here is done, so that this is also the count of progress, at no further cost.
    """

    metrics: dict[str, NDArray[Any]]
    present: dict[str, NDArray[np.bool_]]
    error_code: list[str | None]
    error_message: list[str | None]
    duration_ms: NDArray[np.float64]
    clock: NDArray[np.float64]

    @property
    def failed(self) -> int:
        """Number of rows without metrics."""
        return len(self.error_code) - self.error_code.count(None)

    def measure(self, rows: slice, *, together: bool) -> None:
        """Compute the durations of rows that were done one after the other, or in one call that they share evenly."""
        clock = self.clock[rows.start : rows.stop + 1]
        if together:
            self.duration_ms[rows] = (clock[-1] - clock[0]) / max(len(clock) - 1, 1) * 1e3
        else:
            self.duration_ms[rows] = np.diff(clock) * 1e3

    def fail(self, rows: slice, code: str, message: str) -> None:
        """Leave rows without metrics, for one reason."""
        for present in self.present.values():
            present[rows] = False
        count = rows.stop - rows.start
        self.error_code[rows] = [code] * count
        self.error_message[rows] = [message[:_MESSAGE_LENGTH]] * count


def empty_results(
    metrics: tuple[MetricSpec, ...], n_rows: int, *, zeros: Callable[[int, Any], NDArray[Any]] = np.zeros
) -> Results:
    """Make room for the results of rows.

    Parameters
    ----------
    metrics : tuple of MetricSpec
        The declared metrics.
    n_rows : int
        How many rows.
    zeros : callable
        Makes an array of so many zeros of a type; chooses the memory.

    Returns
    -------
    Results
        With all metrics present but the optional ones: a row that is not good must be failed.
    """
    present = {spec.name: zeros(n_rows, np.bool_) for spec in metrics}
    for spec in metrics:
        present[spec.name][:] = not spec.optional
    return Results(
        metrics={spec.name: zeros(n_rows, DTYPES[spec.type]) for spec in metrics},
        present=present,
        error_code=[None] * n_rows,
        error_message=[None] * n_rows,
        duration_ms=np.zeros(n_rows),
        clock=zeros(n_rows + 1, np.float64),
    )


def refuse(metrics: tuple[MetricSpec, ...], n_rows: int, *, code: str, message: str) -> Results:
    """Fail every row for one reason, without evaluating any.

    Parameters
    ----------
    metrics : tuple of MetricSpec
        The columns to leave empty.
    n_rows : int
        How many rows.
    code, message : str
        The reason.

    Returns
    -------
    Results
    """
    results = empty_results(metrics, n_rows)
    results.fail(slice(0, n_rows), code, message)
    return results


def describe(error: BaseException, module: str) -> tuple[str, str]:
    """Return the error code and message of a row whose experiment raised.

    Parameters
    ----------
    error : BaseException
        What was raised.
    module : str
        Of the experiment.

    Returns
    -------
    code, message : str
        ``SCHEMA`` where a metric is not what was declared, ``OOM`` where memory ran out, else the exception's class.
        The message ends with the last line of the researcher's package that took part.
    """
    try:
        said = str(error)
    except Exception as silent:  # noqa: BLE001 -- the experiment's own __str__ may raise anything
        said = f"(its text cannot be had: {type(silent).__name__})"
    if isinstance(error, MetricError):
        return ErrorCode.SCHEMA.value, said
    name = type(error).__name__
    line = _line_of(error, module.partition(".")[0])
    message = f"{name}: {said}{line and f' ({line})'}"
    return (ErrorCode.OOM.value if isinstance(error, MemoryError) else name), message


def _line_of(error: BaseException, package: str) -> str:
    """Find the line by the names of modules: every row of a large run may fail, on any machine with the same text."""
    line = ""
    step = None if package == _OURS else error.__traceback__
    while step:
        frame = step.tb_frame
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            # A notebook's cell has another file in every session.
            file = "" if package == "__main__" else f"{PurePath(frame.f_code.co_filename).name}, "
            line = f"{file}line {step.tb_lineno}"
        step = step.tb_next
    return line
