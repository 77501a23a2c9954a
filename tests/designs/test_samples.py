"""Sampled designs: scipy's own points, one in every stratum, the same bits for the same seed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

import faulty_models
import workbench as wb
from workbench.compute.columns import parameter_columns
from workbench.errors import SpaceError
from workbench.space import Space, Zip, space_faults

if TYPE_CHECKING:
    from collections.abc import Callable

Design = Any  # one of the three functions, whose ranges are any keywords

DESIGNS: list[Design] = [wb.sobol, wb.latin_hypercube, wb.monte_carlo]
RANGES: dict[str, Any] = {"a": (0.5, 3.5), "b": range(1, 9), "c": ["x", "y"], "d": [False, True]}
seeds = st.integers(0, 2**32 - 1)


def column(space: Space, name: str) -> np.ndarray:
    return np.array([point[name] for point in space])


@settings(max_examples=20)
@given(st.integers(0, 7), seeds)
def test_sobol_is_scipys(log2: int, seed: int) -> None:
    design = wb.sobol(2**log2, seed=seed, a=(0.5, 3.5), e=(-1.0, 1.0))
    sample = qmc.Sobol(2, scramble=True, rng=seed).random_base2(log2)
    scaled = qmc.scale(sample, [0.5, -1.0], [3.5, 1.0])
    assert column(design, "a").tobytes() == scaled[:, 0].tobytes()
    assert column(design, "e").tobytes() == scaled[:, 1].tobytes()


@settings(max_examples=20)
@given(st.integers(1, 60), seeds)
def test_a_latin_hypercube_has_one_point_in_every_stratum(n: int, seed: int) -> None:
    design = wb.latin_hypercube(n, seed=seed, a=(0.0, 1.0), e=(0.0, 1.0), b=range(n))
    for name in ("a", "e"):
        assert sorted(np.floor(column(design, name) * n)) == list(range(n))
    assert sorted(column(design, "b")) == list(range(n))


@settings(max_examples=10)
@given(st.integers(1, 6), seeds)
def test_sobol_has_one_point_in_every_interval_of_each_axis(log2: int, seed: int) -> None:
    design = wb.sobol(2**log2, seed=seed, a=(0.0, 1.0), b=range(2**log2))
    assert sorted(np.floor(column(design, "a") * 2**log2)) == list(range(2**log2))
    assert sorted(column(design, "b")) == list(range(2**log2))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_seed_decides(design: Design) -> None:
    once, again, other = (design(16, seed=seed, **RANGES) for seed in (1, 1, 2))
    assert once == again
    assert once != other
    assert design(16, **RANGES) == design(16, seed=0, **RANGES)


@pytest.mark.parametrize("design", [wb.sobol, wb.monte_carlo])
def test_a_larger_design_extends_a_smaller_one(design: Design) -> None:
    assert list(design(64, seed=3, **RANGES))[:16] == list(design(16, seed=3, **RANGES))


@settings(max_examples=20)
@given(st.sampled_from(DESIGNS), seeds)
def test_a_design_is_the_same_bits_behind_the_wire(design: Design, seed: int) -> None:
    space = design(16, seed=seed, **RANGES)
    assert space_faults(space) == []
    assert isinstance(space, Zip)
    assert space.size == 16
    received = msgspec.json.decode(msgspec.json.encode(space), type=Space)
    assert received == space
    sweep = wb.Sweep(faulty_models.noise, received)
    columns = parameter_columns(sweep.document, sweep.experiment.spec, np.arange(16))
    assert columns["a"].tobytes() == column(space, "a").tobytes()
    assert all(columns[name].tolist() == [point[name] for point in space] for name in "bcd")


def test_a_design_combines_with_other_spaces() -> None:
    space = wb.product(wb.latin_hypercube(5, seed=1, a=(0.0, 1.0)), b=[1, 2]).where(lambda p: p["a"] < 0.8)
    assert space.size == 8  # one of the five strata is above
    assert wb.concat(wb.sobol(4, a=(0.0, 1.0)), wb.zipped(a=[0.5])).size == 5


def test_other_numbers_of_sobol_points_lose_their_balance() -> None:
    with pytest.warns(UserWarning, match="power of 2"):
        assert wb.sobol(6, a=(0.0, 1.0)).size == 6


@pytest.mark.parametrize("design", DESIGNS)
def test_every_fault_at_once(design: Callable[..., Zip]) -> None:
    with pytest.raises(SpaceError) as caught:
        design(0, seed=-1, a=(1, 2), b="x", c=["fine"])
    assert re.findall(r"(?:^|; )(\w+): ", str(caught.value)) == ["n", "seed", "a", "b"]
    with pytest.raises(SpaceError, match="name at least one parameter"):
        design(4)
    with pytest.raises(SpaceError, match=r"n: is 1000001; from 1 to 1,000,000 points.*split the sweep"):
        design(1_000_001, a=(0.0, 1.0))
