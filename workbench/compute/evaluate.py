"""Evaluate rows: one tight loop, or one call of a vectorized experiment; a row that fails costs itself only."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.compute.loop import Sinks, compile_loop
from workbench.compute.results import MetricError, Results, describe, empty_results
from workbench.compute.seeding import RowGenerator
from workbench.experiments import RowStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    span = slice(0, len(rows))
    if experiment.spec.vectorized:
        # Copies: a function that works in place must not change what the outcome says it was given.
        rows = replace(rows, parameters={name: column.copy() for name, column in rows.parameters.items()})
    evaluate_span(experiment, rows, keys, results, span)
    results.measure(span, together=experiment.spec.vectorized)
    return results


def evaluate_span(
    experiment: Experiment[..., Any],
    rows: ShardRows,
    keys: NDArray[np.uint64] | None,
    results: Results,
    span: slice,
    *,
    told: Callable[[int, int], None] | None = None,
) -> None:
    """Evaluate some of the rows into the place that is kept for their results.

    Parameters
    ----------
    experiment, rows, keys
        As of `evaluate`; a vectorized experiment may work on the very arrays of the rows.
    results : Results
        Where everything goes; the clock of a row is written when all else of it is.
    span : slice
        Which rows; with a start and a stop.
    told : callable, optional
        Called with a range of rows that may have texts, of metrics or of errors, before their clock is written.
    """
    results.clock[span.start] = time.perf_counter()
    if experiment.spec.vectorized:
        _evaluate_together(experiment, rows, keys, results, span, told)
    else:
        _evaluate_each(experiment, rows, keys, results, span, told)


def _evaluate_each(
    experiment: Experiment[..., Any],
    rows: ShardRows,
    keys: NDArray[np.uint64] | None,
    results: Results,
    span: slice,
    told: Callable[[int, int], None] | None,
) -> None:
    spec = experiment.spec

    def failed(index: int, error: BaseException) -> None:
        results.fail(slice(index, index + 1), *describe(error, experiment.function.__module__))
        if told:
            told(index, index + 1)

    loop = compile_loop(spec, told=told is not None)
    sinks = Sinks(
        columns=[_sink(results.metrics[metric.name]) for metric in spec.metrics],
        present=[_sink(results.present[metric.name]) for metric in spec.metrics],
        ended=results.clock[1:].data,
        failed=failed,
        told=told,
    )
    columns: list[Any] = [rows.parameters[parameter.name][span].tolist() for parameter in spec.parameters]
    at = None
    if keys is not None:
        columns.append(_pairs(keys[span]))
        at = RowGenerator().at
    each = zip(range(span.start, span.stop), *columns, strict=True)
    loop(each, experiment.function, experiment.metrics, at, time.perf_counter, sinks)


def _sink(column: NDArray[Any]) -> Any:
    """Return what takes single values fastest: memory, but for texts."""
    return column if column.dtype == np.object_ else column.data


def _pairs(keys: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Yield keys as Python's own integers, which the bit generator takes faster than numpy's."""
    return zip(keys[:, 0].tolist(), keys[:, 1].tolist(), strict=True)


def _evaluate_together(
    experiment: Experiment[..., Any],
    rows: ShardRows,
    keys: NDArray[np.uint64] | None,
    results: Results,
    span: slice,
    told: Callable[[int, int], None] | None,
) -> None:
    n_rows = span.stop - span.start
    arguments: dict[str, Any] = {name: column[span] for name, column in rows.parameters.items()}
    if keys is not None:
        arguments["rng"] = RowStreams(keys[span])
    try:
        answer = experiment.function(**arguments)
        for spec in experiment.spec.metrics:
            results.metrics[spec.name][span] = _checked_array(spec, answer, n_rows)
            results.present[spec.name][span] = True
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever the model raises is its rows' outcome
        results.fail(span, *describe(error, experiment.function.__module__))
    if told:
        told(span.start, span.stop)
    results.clock[span.start + 1 : span.stop + 1] = time.perf_counter()


def _checked_array(spec: MetricSpec, answer: Any, n_rows: int) -> NDArray[Any]:
    expected = f"metric {spec.name!r}: expected an array of {n_rows} {spec.type} values"
    if not hasattr(answer, spec.name):
        raise MetricError(f"{expected}, it is missing from the {type(answer).__name__} that came")
    values = getattr(answer, spec.name)
    if not isinstance(values, np.ndarray):
        raise MetricError(f"{expected}, came {type(values).__name__} ({values!r:.100})")
    if values.shape != (n_rows,):
        raise MetricError(f"{expected}, came shape {values.shape}")
    if values.dtype.kind not in _KINDS[spec.type]:
        raise MetricError(f"{expected}, came {values.dtype}")
    if values.dtype.kind == "O" and any(not issubclass(kind, str) for kind in set(map(type, values))):
        other = next(value for value in values if not isinstance(value, str))
        raise MetricError(f"{expected}, came {other!r:.100}")
    if spec.type == "int" and values.dtype == np.uint64 and bool((values > np.iinfo(np.int64).max).any()):
        raise OverflowError(f"{expected}, came {values.max()}; integers have 64 bits")
    return values


_KINDS: Final[dict[ValueType, str]] = {"float": "fiu", "int": "iu", "bool": "b", "str": "OU"}
