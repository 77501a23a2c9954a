"""A rehearsal: some rows of a run evaluated twice and in another order, to see whether they are the same each time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from workbench.compute.evaluate import evaluate
from workbench.compute.rows import ShardRows, shard_rows
from workbench.compute.seeding import RowGenerator, row_keys
from workbench.experiments import RowStreams
from workbench.experiments.blame import line_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.compute.results import Results
    from workbench.contract import ExperimentSpec, Manifest
    from workbench.experiments import Experiment

__all__ = ["Rehearsal", "rehearse"]

# At most so many, and as many as begin within so long; arrays are evaluated as a whole.
_ROWS: Final = 64
_ARRAY_ROWS: Final = 4096
_SECONDS: Final = 1.0


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the rows.

    Parameters
    ----------
    experiment : str
        Its name.
    rows, again : list of str
        Of each row, its metrics or its error code, once and once more in another order: equal texts are equal bits.
    seconds : list of float
        What each row took the first time.
    failed : int
        How many rows failed.
    failure : str
        What went wrong with the first of them, with the line and the parameters; empty where none failed.
    """

    experiment: str
    rows: list[str]
    again: list[str]
    seconds: list[float]
    failed: int = 0
    failure: str = ""


def rehearse(experiment: Experiment[..., Any], manifest: Manifest, *, n_rows: int | None = None) -> Rehearsal:
    """Evaluate a fair sample of the rows of a run twice, in this process.

    Parameters
    ----------
    experiment : Experiment
        What is evaluated.
    manifest : Manifest
        Of the run, whatever its shards.
    n_rows : int, optional
        How many rows; by default as many as a moment lets, so that another process can be asked for as many.

    Returns
    -------
    Rehearsal
    """
    spec = manifest.spec
    if n_rows is None:
        n_rows = _ARRAY_ROWS if spec.vectorized else _rows_that_time_lets(experiment, manifest)
    rows, keys = _sample(manifest, n_rows)
    first = _evaluated(experiment, rows, keys, np.arange(len(rows)))
    again = [""] * len(rows)
    # In another order and in other company: neither may matter.
    for part in np.array_split(np.arange(len(rows))[::-1], 2):
        texts = _texts(_evaluated(experiment, rows, keys, part), spec)
        for index, text in zip(part.tolist(), texts, strict=True):
            again[index] = text
    bad = [index for index, code in enumerate(first.error_code) if code is not None]
    return Rehearsal(
        experiment=spec.name,
        rows=_texts(first, spec),
        again=again,
        seconds=(first.duration_ms / 1e3).tolist(),
        failed=len(bad),
        failure=_failure(experiment, rows, keys, bad[0], first) if bad else "",
    )


def _rows_that_time_lets(experiment: Experiment[..., Any], manifest: Manifest) -> int:
    rows, keys = _sample(manifest, _ROWS)
    spent = 0.0
    for index in range(min(2, len(rows))):  # the first loads what the second finds
        began = time.perf_counter()
        _evaluated(experiment, rows, keys, np.array([index]))
        spent = time.perf_counter() - began
    return min(_ROWS, max(1, int(_SECONDS / max(spent, 1e-6))))


def _sample(manifest: Manifest, n_rows: int) -> tuple[ShardRows, NDArray[np.uint64]]:
    """Look up the rows of a first shard of that size: a fair sample, and the same wherever that many are asked for."""
    rows, sweep = shard_rows(manifest, 0, min(n_rows, manifest.n_rows)), manifest.sweep
    return rows, row_keys(manifest.spec, rows.parameters, rows.replicate, seed=sweep.seed, seeding=sweep.seeding)


def _evaluated(
    experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64], order: NDArray[np.int64]
) -> Results:
    some = ShardRows(
        row_index=rows.row_index[order],
        point_index=rows.point_index[order],
        replicate=rows.replicate[order],
        parameters={name: column[order] for name, column in rows.parameters.items()},
    )
    return evaluate(experiment, some, keys[order] if experiment.spec.uses_rng else None)


def _texts(results: Results, spec: ExperimentSpec) -> list[str]:
    """Write what came of each row: equal texts are equal bits."""
    columns = {metric.name: results.metrics[metric.name].tolist() for metric in spec.metrics}
    return [
        code
        or ", ".join(
            f"{name}={column[index]!r}" if results.present[name][index] else f"{name}=None"
            for name, column in columns.items()
        )
        for index, code in enumerate(results.error_code)
    ]


def _failure(
    experiment: Experiment[..., Any], rows: ShardRows, keys: NDArray[np.uint64], index: int, results: Results
) -> str:
    """Say what went wrong in a row, and at which line: it is called once more for that."""
    spec, row = experiment.spec, slice(index, index + 1)
    arguments: dict[str, Any] = {name: column[row] for name, column in rows.parameters.items()}
    if not spec.vectorized:
        arguments = {name: column.tolist()[0] for name, column in arguments.items()}
    shown = ", ".join(f"{name}={value}" for name, value in arguments.items())
    if spec.uses_rng:
        arguments["rng"] = RowStreams(keys[row]) if spec.vectorized else RowGenerator().at(tuple(keys[index].tolist()))
    code, words = results.error_code[index], results.error_message[index] or ""
    words = words if words.startswith(f"{code}") else f"{code}: {words}"
    try:
        experiment.function(**arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever it raises is what is asked for
        if line := line_of(error, experiment.function.__module__):
            words += f" ({line})"
    return f"{words}, at {shown}"
