"""Columns of parameters are what the space says point by point, bit for bit and typed as declared."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import faulty_models
import workbench as wb
from space_strategies import spaces, values_of
from workbench.compute.columns import DTYPES, parameter_columns
from workbench.contract import SweepDocument, conform
from workbench.space import Axis, Concat, Linspace, Product, Range, Space, Value, Values, Where, Zip

SPEC = faulty_models.noise.spec
NAMES = ("a", "b", "c", "d")  # a float, an int, a str and a bool


def as_float(value: Value) -> Value:
    return float(len(value)) if isinstance(value, str) else value


def as_int(value: Value) -> Value:
    return value if type(value) is int else len(str(value))


CONVERT = {"a": as_float, "b": as_int, "c": str, "d": bool}


def retyped(space: Space) -> Space:
    """Give every axis values of its parameter's type; where an axis is arithmetic and may be, it stays so."""
    match space:
        case Zip(axes):
            return Zip({name: retyped_axis(name, axis) for name, axis in axes.items()})
        case Product(factors):
            return Product(tuple(map(retyped, factors)))
        case Concat(parts):
            return Concat(tuple(map(retyped, parts)))
        case Where(of, keep, kept):
            return Where(retyped(of), keep, kept)


def retyped_axis(name: str, axis: Axis) -> Axis:
    if isinstance(axis, Range) and name in "ab":
        return axis
    if isinstance(axis, Linspace) and name == "a":
        return axis
    return Values(tuple(CONVERT[name](value) for value in values_of(axis)))


def columns_of(space: Space, point_index: list[int], **fixed: Value) -> dict[str, list[Any]]:
    sweep = conform(SweepDocument(experiment="noise", fingerprint="", space=space, fixed=fixed), SPEC)
    columns = parameter_columns(sweep, SPEC, np.array(point_index, dtype=np.int64))
    assert {name: column.dtype for name, column in columns.items()} == {
        parameter.name: np.dtype(DTYPES[parameter.type]) for parameter in SPEC.parameters
    }
    return {name: column.tolist() for name, column in columns.items()}


def exactly(name: str, value: Value) -> Any:
    """Tell 0.0 from -0.0 and 1 from True."""
    return struct.pack("<d", value) if name == "a" else (type(value), value)


@settings(max_examples=120)
@given(space=spaces(NAMES).map(retyped), data=st.data())
def test_columns_are_the_points(space: Space, data: st.DataObject) -> None:
    picked = data.draw(st.lists(st.integers(0, space.size - 1), min_size=1, max_size=12))
    columns = columns_of(space, picked)
    for name in NAMES:
        expected = [exactly(name, space.point(index)[name]) for index in picked]
        assert [exactly(name, value) for value in columns[name]] == expected


def test_parameters_outside_the_space_are_fixed_or_default() -> None:
    columns = columns_of(wb.product(a=[1, 2.5]), [1, 0, 1], b=7)
    assert columns == {"a": [2.5, 1.0, 2.5], "b": [7, 7, 7], "c": ["z"] * 3, "d": [False] * 3}


@pytest.mark.parametrize("axis", [Linspace(0.0, 5e-324, 3), Linspace(0.0, 1e-323, 6), Linspace(-0.0, -0.0, 1)])
def test_a_step_too_small_for_a_float(axis: Linspace) -> None:
    columns = columns_of(wb.product(a=axis), list(range(axis.size)))
    assert [exactly("a", value) for value in columns["a"]] == [exactly("a", axis[index]) for index in range(axis.size)]


@pytest.mark.parametrize("axis", [Range(2**63 - 1, 2**63 + 4096, 1024), Range(0, 10**30, 10**29), Range(0, 1, 2**70)])
def test_integers_beyond_64_bits_for_a_float(axis: Range) -> None:
    columns = columns_of(wb.product(a=axis), list(range(axis.size)))
    assert columns["a"] == [float(axis[index]) for index in range(axis.size)]


def test_the_largest_integers() -> None:
    space = wb.product(b=Range(-(2**63), 2**63 - 1, 2**62))
    assert columns_of(space, [0, 3], a=0.0)["b"] == [-(2**63), 2**62]


def test_a_space_too_large_to_be_stored() -> None:
    space = wb.product(a=wb.linspace(0, 1, 50_000), b=range(50_000))
    index = 49_999 * 50_000 + 17
    columns = columns_of(space, [index])
    assert (columns["a"], columns["b"]) == ([1.0], [17])
