"""xyzpy: cases that are batches, run in parallel with its default executor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import xyzpy

from benchmarks.pipeline import Batch, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, eq=False)
class _Case:
    """A batch that can be hashed, as xyzpy wants the coordinates of its cases."""

    arguments: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class _Evaluate:
    batch: Batch

    def __call__(self, case: _Case) -> list[Any]:
        return self.batch(case.arguments)


def map_rows(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, cores: int, chunk: int
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    answers = xyzpy.combo_runner(
        _Evaluate(Batch(function)),
        cases=[{"case": _Case(batch)} for batch in batches(arguments, chunk)],
        flat=True,
        parallel=True,
        num_workers=cores,
        verbosity=0,
    )
    return list(chain.from_iterable(answers))
