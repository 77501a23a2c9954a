"""What an experiment declares as its `rng`: a generator, or where it takes all rows at once the streams of all rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench.errors import ExperimentError
from workbench.experiments import RowStreams, experiment


@dataclass(frozen=True)
class Area:
    area: float


def by_row(*, x: float, rng: np.random.Generator) -> Area:
    raise NotImplementedError


def together(*, x: float, rng: RowStreams) -> Area:
    raise NotImplementedError


@pytest.mark.parametrize(("function", "vectorized"), [(by_row, False), (together, True)])
def test_both_kinds_use_randomness(function: Callable[..., Area], *, vectorized: bool) -> None:
    spec = experiment(version="1", vectorized=vectorized)(function).spec
    assert (spec.vectorized, spec.uses_rng) == (vectorized, True)
    assert [parameter.name for parameter in spec.parameters] == ["x"]


@pytest.mark.parametrize(
    ("function", "vectorized", "expected"),
    [
        (together, False, "parameter 'rng' must be annotated numpy.random.Generator"),
        (by_row, True, "parameter 'rng' of a vectorized experiment must be annotated workbench.RowStreams"),
    ],
)
def test_each_kind_has_its_own(function: Callable[..., Any], expected: str, *, vectorized: bool) -> None:
    with pytest.raises(ExperimentError, match=expected):
        experiment(version="1", vectorized=vectorized)(function)


def test_the_streams_are_public() -> None:
    assert wb.RowStreams is RowStreams
