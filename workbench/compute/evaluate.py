"""Evaluate rows: one tight loop, or one call of a vectorized experiment; a row that fails costs itself only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.columns import DTYPES
from workbench.compute.seeding import RowGenerator
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.compute.rows import ShardRows
    from workbench.contract import MetricSpec, ValueType
    from workbench.experiments import Experiment

__all__ = ["Results", "evaluate", "refuse"]

_MESSAGE_LENGTH: Final = 2_000


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
        Time spent on the row.
    """

    metrics: dict[str, NDArray[Any]]
    present: dict[str, NDArray[np.bool_]]
    error_code: list[str | None]
    error_message: list[str | None]
    duration_ms: NDArray[np.float64]

    @property
    def failed(self) -> int:
        """Number of rows without metrics."""
        return sum(code is not None for code in self.error_code)


class _MetricError(TypeError):
    """A metric that is not what was declared."""


def evaluate(experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64] | None) -> Results:
    """Evaluate every row.

    Parameters
    ----------
    experiment : Experiment
        What to call.
    rows : ShardRows
        The rows.
    keys : ndarray of uint64, shape (n, 2), or None
        Keys of the rows' generators; None for an experiment without `rng`.

    Returns
    -------
    Results
        An exception of the experiment is a failed row, with the exception's class as `error_code`; a metric that is
        missing or of the wrong type is ``SCHEMA``.
    """
    results = _empty(experiment, len(rows))
    if experiment.spec.vectorized:
        _evaluate_together(experiment, rows, results)
    else:
        _evaluate_each(experiment, rows, keys, results)
    return results


def refuse(experiment_metrics: tuple[MetricSpec, ...], n_rows: int, *, code: str, message: str) -> Results:
    """Fail every row for one reason, without evaluating any.

    Parameters
    ----------
    experiment_metrics : tuple of MetricSpec
        The columns to leave empty.
    n_rows : int
        How many rows.
    code, message : str
        The reason.

    Returns
    -------
    Results
    """
    results = _empty_columns(experiment_metrics, n_rows)
    results.error_code[:] = [code] * n_rows
    results.error_message[:] = [message[:_MESSAGE_LENGTH]] * n_rows
    return results


def _evaluate_each(
    experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64] | None, results: Results
) -> None:
    function = experiment.function
    names = tuple(rows.parameters)
    store = _store(experiment, results)
    generator = RowGenerator()
    clock = time.perf_counter
    columns = (column.tolist() for column in rows.parameters.values())
    values_of = zip(*columns, strict=True) if names else ((),) * len(rows)
    for index, values in enumerate(values_of):
        arguments: dict[str, Any] = dict(zip(names, values, strict=True))
        if keys is not None:
            arguments["rng"] = generator.at(keys[index])
        began = clock()
        try:
            store(index, function(**arguments))
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever the model raises is that row's outcome
            _fail(results, slice(index, index + 1), error)
        results.duration_ms[index] = (clock() - began) * 1e3


def _evaluate_together(experiment: Experiment[..., Any], rows: ShardRows, results: Results) -> None:
    everything = slice(0, len(rows))
    began = time.perf_counter()
    try:
        # Copies: a function that works in place must not change what the outcome says it was given.
        answer = experiment.function(**{name: column.copy() for name, column in rows.parameters.items()})
        for spec in experiment.spec.metrics:
            results.metrics[spec.name][:] = _checked_array(spec, getattr(answer, spec.name, None), len(rows))
            results.present[spec.name][:] = True
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever the model raises is its rows' outcome
        _fail(results, everything, error)
    results.duration_ms[:] = (time.perf_counter() - began) * 1e3 / max(len(rows), 1)


def _store(experiment: Experiment[..., Any], results: Results) -> Callable[[int, Any], None]:
    plan = [
        (spec, _EXACT[spec.type], results.metrics[spec.name], results.present[spec.name])
        for spec in experiment.spec.metrics
    ]
    metrics_class = experiment.metrics

    def store(index: int, answer: Any) -> None:
        if type(answer) is not metrics_class:
            raise _MetricError(f"returned {type(answer).__name__}; declared is {metrics_class.__name__}")
        for spec, exact, column, present in plan:
            value = getattr(answer, spec.name)
            if type(value) is not exact:
                if value is None and spec.optional:
                    continue
                value = _converted(spec, value)
            column[index] = value
            present[index] = True

    return store


def _converted(spec: MetricSpec, value: Any) -> Any:
    if isinstance(value, _ACCEPTED[spec.type]) and not (isinstance(value, bool) and spec.type != "bool"):
        return _EXACT[spec.type](value)
    raise _MetricError(f"metric {spec.name!r} is {type(value).__name__} ({value!r:.100}); declared is {spec.type}")


def _checked_array(spec: MetricSpec, values: Any, n_rows: int) -> NDArray[Any]:
    if not isinstance(values, np.ndarray) or values.shape != (n_rows,):
        came = f"shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        raise _MetricError(f"metric {spec.name!r}: expected an array of shape ({n_rows},), came {came}")
    if values.dtype.kind not in _KINDS[spec.type]:
        raise _MetricError(f"metric {spec.name!r}: expected {spec.type} values, came {values.dtype}")
    others = [value for value in values if not isinstance(value, str)] if spec.type == "str" else []
    if others:
        raise _MetricError(f"metric {spec.name!r}: expected str values, came {others[0]!r:.100}")
    return values


def _fail(results: Results, rows: slice, error: BaseException) -> None:
    code = ErrorCode.SCHEMA.value if isinstance(error, _MetricError) else type(error).__name__
    message = f"{type(error).__name__}: {error}" if code != ErrorCode.SCHEMA else str(error)
    for present in results.present.values():
        present[rows] = False
    count = rows.stop - rows.start
    results.error_code[rows] = [code] * count
    results.error_message[rows] = [message[:_MESSAGE_LENGTH]] * count


def _empty(experiment: Experiment[..., Any], n_rows: int) -> Results:
    return _empty_columns(experiment.spec.metrics, n_rows)


def _empty_columns(metrics: tuple[MetricSpec, ...], n_rows: int) -> Results:
    return Results(
        metrics={spec.name: np.zeros(n_rows, dtype=DTYPES[spec.type]) for spec in metrics},
        present={spec.name: np.zeros(n_rows, dtype=np.bool_) for spec in metrics},
        error_code=[None] * n_rows,
        error_message=[None] * n_rows,
        duration_ms=np.zeros(n_rows),
    )


_EXACT: Final[dict[ValueType, type]] = {"float": float, "int": int, "bool": bool, "str": str}
_ACCEPTED: Final[dict[ValueType, tuple[type, ...]]] = {
    "float": (float, int, np.floating, np.integer),
    "int": (int, np.integer),
    "bool": (bool, np.bool_),
    "str": (str,),
}
_KINDS: Final[dict[ValueType, str]] = {"float": "fiu", "int": "iu", "bool": "b", "str": "OU"}
