"""Axes: the values they stand for, and what may be written as one."""

from __future__ import annotations

import fractions
import struct
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from space_strategies import axes, finite_floats, values_of
from workbench.errors import SpaceError
from workbench.space import Axis, Linspace, Range, Values, linspace, logspace, product
from workbench.space.axes import as_axis

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(IntEnum):
    HIGH = 3


def bits(values: Iterable[object]) -> list[bytes]:
    return [struct.pack("<d", value) for value in values]


def listed(axis: Axis) -> list[object]:
    return [axis[index] for index in range(len(axis))]


@given(finite_floats, finite_floats, st.integers(1, 50))
def test_linspace_has_the_bits_of_numpy(start: float, stop: float, num: int) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(np.float64(stop) - np.float64(start)):
            return  # refused as a fault of the space
        expected = np.linspace(start, stop, num)
    assert bits(listed(linspace(start, stop, num))) == bits(expected)


@pytest.mark.parametrize(
    ("start", "stop", "num"),
    [(0.0, 5e-324, 4), (5e-324, 1.5e-323, 7), (-0.0, -1.0, 1), (-0.0, -1.0, 3), (0.1, 0.7, 13), (3.0, 3.0, 2)],
)
def test_linspace_has_the_bits_of_numpy_at_the_edges(start: float, stop: float, num: int) -> None:
    assert bits(listed(linspace(start, stop, num))) == bits(np.linspace(start, stop, num))


@given(st.floats(-20, 20), st.floats(-20, 20), st.integers(1, 30), st.floats(1.1, 20))
def test_logspace_is_close_to_numpy(start: float, stop: float, num: int, base: float) -> None:
    np.testing.assert_allclose(list(logspace(start, stop, num, base=base)), np.logspace(start, stop, num, base=base))


def test_logspace_is_spelled_out() -> None:
    assert logspace(0, 2, 3) == Values((1.0, 10.0, 100.0))


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-9, 9).filter(bool))
def test_range_counts_as_python_does(start: int, stop: int, step: int) -> None:
    axis = Range(start, stop, step)
    assert axis.size == len(axis) == len(range(start, stop, step))
    assert listed(axis) == list(range(start, stop, step))


def test_sizes_beyond_what_len_can_say() -> None:
    assert Range(0, 2**70, 2).size == 2**69
    assert Linspace(0.0, 1.0, 2**70).size == 2**70
    assert Range(0, 5, 0).size == Linspace(0.0, 1.0, -3).size == 0


@pytest.mark.parametrize("index", [-1, 3])
def test_linspace_has_no_values_outside(index: int) -> None:
    with pytest.raises(IndexError):
        linspace(0, 1, 3)[index]


@given(st.integers(1, 5).flatmap(axes))
def test_json_round_trip(axis: Axis) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(axis), type=Axis)
    assert decoded == axis
    assert [(type(value), value) for value in listed(decoded)] == [(type(value), value) for value in values_of(axis)]


@pytest.mark.parametrize(
    ("written", "axis"),
    [
        (range(1, 9, 2), Range(1, 9, 2)),
        ([1, 2.5, True, "x"], Values((1, 2.5, True, "x"))),
        ("word", Values(("word",))),
        (7, Values((7,))),
        (False, Values((False,))),
        (np.array([0.5, 1.5]), Values((0.5, 1.5))),
        (np.array([1, 2], dtype=np.int16), Values((1, 2))),
        (np.array([True]), Values((True,))),
        (np.array(3.0), Values((3.0,))),
        (np.float32(0.5), Values((0.5,))),
        ([np.longdouble(0.25)], Values((0.25,))),
        ([np.str_("s")], Values(("s",))),
        ([Level.HIGH], Values((3,))),
        ([fractions.Fraction(1, 4)], Values((0.25,))),
        ((value for value in (1, 2)), Values((1, 2))),
        (linspace(0, 1, 2), linspace(0, 1, 2)),
    ],
)
def test_what_may_be_written_as_an_axis(written: object, axis: Axis) -> None:
    read = as_axis("x", written)
    assert read == axis
    assert [type(value) for value in listed(read)] == [type(value) for value in listed(axis)]


@pytest.mark.parametrize("value", [None, [None], [[1, 2]], [1j], np.ones((2, 2)), [np.datetime64("2020-01-01")]])
def test_other_values_are_refused_by_name(value: object) -> None:
    with pytest.raises(SpaceError, match=r"^depth: .* values are float, int, bool or str"):
        product(depth=value)
