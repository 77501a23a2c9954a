"""What stands around a peer's map: the rows that go in, the frame that comes out, its Parquet and one aggregate."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from benchmarks import functions
from benchmarks.outcome import Outcome, described

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.races import Race

__all__ = ["Batch", "Peer", "batches", "evaluate"]


class Peer(Protocol):
    """A tool that maps a function over many argument tuples, as its documentation recommends."""

    def map_rows(
        self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
    ) -> Sequence[Any]:
        """Call the function with every tuple, `chunk` of them at once, and return the results in order."""
        ...


@dataclass(frozen=True)
class Batch:
    """A function over a list of argument tuples, for tools that leave chunking to their user."""

    function: Callable[..., Any]

    def __call__(self, batch: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call the function with every tuple."""
        return [self.function(*arguments) for arguments in batch]


def batches(arguments: Sequence[tuple[Any, ...]], chunk: int) -> list[Sequence[tuple[Any, ...]]]:
    """Cut a list into lists of at most `chunk`."""
    return [arguments[start : start + chunk] for start in range(0, len(arguments), chunk)]


def evaluate(peer: Peer, race: Race, folder: Path, cores: int) -> Outcome:
    """Run one load from the axes to the aggregate, as a script of a researcher would.

    Parameters
    ----------
    peer : Peer
        Who maps.
    race : Race
        What is evaluated.
    folder : Path
        Where the Parquet goes.
    cores : int
        Processes to use.

    Returns
    -------
    Outcome
    """
    function = getattr(functions, race.load.function)
    first, second = (np.linspace(*axis) for axis in race.axes.values())
    if race.load.vectorized:
        frame = _arrays(peer, function, race, (first, second), cores)
    else:
        frame = _rows(peer, function, race, (first, second), cores)
    path = folder / "results.parquet"
    frame.to_parquet(path, compression="zstd", index=False)
    by, metric = next(iter(race.axes)), race.load.metrics[0]
    summary = frame.groupby(by)[metric].agg(["count", "mean", "std"])
    return described(time.monotonic(), summary, [path])


def _rows(peer: Peer, function: Callable[..., Any], race: Race, axes: tuple[Any, Any], cores: int) -> pd.DataFrame:
    points = itertools.product(*(axis.tolist() for axis in axes))
    arguments: list[tuple[Any, ...]] = list(points)
    if race.load.random:
        replicated = itertools.product(range(race.replicates), arguments)
        arguments = [(*point, row) for row, (_, point) in enumerate(replicated)]
    results = peer.map_rows(function, arguments, cores=cores, chunk=race.chunk)
    frame = pd.DataFrame(np.array(arguments)[:, : len(race.axes)], columns=list(race.axes))
    frame[list(race.load.metrics)] = np.array(results)
    return frame


def _arrays(peer: Peer, function: Callable[..., Any], race: Race, axes: tuple[Any, Any], cores: int) -> pd.DataFrame:
    first, second = (grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    pieces = [
        (first[start : start + race.chunk], second[start : start + race.chunk])
        for start in range(0, race.rows, race.chunk)
    ]
    results = peer.map_rows(function, pieces, cores=cores, chunk=1)
    metrics = (np.concatenate(arrays) for arrays in zip(*results, strict=True))
    return pd.DataFrame(dict(zip((*race.axes, *race.load.metrics), (first, second, *metrics), strict=True)))
