"""Evaluate rows: one tight loop, or one call of a vectorized experiment; a row that fails costs itself only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.results import MetricError, Results, describe, empty_results
from workbench.compute.seeding import RowGenerator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.compute.rows import ShardRows
    from workbench.contract import MetricSpec, ValueType
    from workbench.experiments import Experiment

__all__ = ["evaluate", "evaluate_span"]


def evaluate(experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64] | None) -> Results:
    """Evaluate every row, in this process.

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
    results = empty_results(experiment.spec.metrics, len(rows))
    evaluate_span(experiment, rows, keys, results, slice(0, len(rows)), done=lambda _: None)
    return results


def evaluate_span(
    experiment: Experiment[..., Any],
    rows: ShardRows,
    keys: NDArray[np.uint64] | None,
    results: Results,
    span: slice,
    *,
    done: Callable[[slice], None],
) -> None:
    """Evaluate some of the rows into the place that is kept for their results.

    Parameters
    ----------
    experiment, rows, keys
        As of `evaluate`.
    results : Results
        Where everything goes.
    span : slice
        Which rows; with a start and a stop.
    done : callable
        Called with every part of the span that has its results: a row, or all of them if the experiment is vectorized.
    """
    if experiment.spec.vectorized:
        _evaluate_together(experiment, rows, results, span)
        done(span)
    else:
        _evaluate_each(experiment, rows, keys, results, span, done)


def _evaluate_each(
    experiment: Experiment[..., Any],
    rows: ShardRows,
    keys: NDArray[np.uint64] | None,
    results: Results,
    span: slice,
    done: Callable[[slice], None],
) -> None:
    function = experiment.function
    names = tuple(rows.parameters)
    store = _store(experiment, results)
    generator = RowGenerator()
    clock = time.perf_counter
    columns = (column[span].tolist() for column in rows.parameters.values())
    values_of = zip(*columns, strict=True) if names else ((),) * (span.stop - span.start)
    for index, values in enumerate(values_of, span.start):
        arguments: dict[str, Any] = dict(zip(names, values, strict=True))
        if keys is not None:
            arguments["rng"] = generator.at(keys[index])
        row = slice(index, index + 1)
        began = clock()
        try:
            store(index, function(**arguments))
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever the model raises is that row's outcome
            results.fail(row, *describe(error))
        results.duration_ms[index] = (clock() - began) * 1e3
        done(row)


def _evaluate_together(experiment: Experiment[..., Any], rows: ShardRows, results: Results, span: slice) -> None:
    n_rows = span.stop - span.start
    began = time.perf_counter()
    try:
        # Copies: a function that works in place must not change what the outcome says it was given.
        answer = experiment.function(**{name: column[span].copy() for name, column in rows.parameters.items()})
        for spec in experiment.spec.metrics:
            results.metrics[spec.name][span] = _checked_array(spec, getattr(answer, spec.name, None), n_rows)
            results.present[spec.name][span] = True
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever the model raises is its rows' outcome
        results.fail(span, *describe(error))
    results.duration_ms[span] = (time.perf_counter() - began) * 1e3 / max(n_rows, 1)


def _store(experiment: Experiment[..., Any], results: Results) -> Callable[[int, Any], None]:
    plan = [
        (spec, _EXACT[spec.type], results.metrics[spec.name], results.present[spec.name])
        for spec in experiment.spec.metrics
    ]
    metrics_class = experiment.metrics

    def store(index: int, answer: Any) -> None:
        if type(answer) is not metrics_class:
            raise MetricError(f"returned {type(answer).__name__}; declared is {metrics_class.__name__}")
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
    raise MetricError(f"metric {spec.name!r} is {type(value).__name__} ({value!r:.100}); declared is {spec.type}")


def _checked_array(spec: MetricSpec, values: Any, n_rows: int) -> NDArray[Any]:
    if not isinstance(values, np.ndarray) or values.shape != (n_rows,):
        came = f"shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        raise MetricError(f"metric {spec.name!r}: expected an array of shape ({n_rows},), came {came}")
    if values.dtype.kind not in _KINDS[spec.type]:
        raise MetricError(f"metric {spec.name!r}: expected {spec.type} values, came {values.dtype}")
    others = [value for value in values if not isinstance(value, str)] if spec.type == "str" else []
    if others:
        raise MetricError(f"metric {spec.name!r}: expected str values, came {others[0]!r:.100}")
    return values


_EXACT: Final[dict[ValueType, type]] = {"float": float, "int": int, "bool": bool, "str": str}
_ACCEPTED: Final[dict[ValueType, tuple[type, ...]]] = {
    "float": (float, int, np.floating, np.integer),
    "int": (int, np.integer),
    "bool": (bool, np.bool_),
    "str": (str,),
}
_KINDS: Final[dict[ValueType, str]] = {"float": "fiu", "int": "iu", "bool": "b", "str": "OU"}
