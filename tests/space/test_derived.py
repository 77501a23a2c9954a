"""Derived parameters: the same points in the same order, each with what its formula gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space_strategies import finite_floats, spaces
from workbench.errors import SpaceError
from workbench.space import Linspace, Product, Space, Values, Zip, concat, linspace, product, space_faults, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

small = st.integers(-100, 100) | st.floats(-1e6, 1e6)


@settings(max_examples=100)
@given(spaces(values=finite_floats | st.text(max_size=3)))
def test_points_and_their_order_stay(space: Space) -> None:
    derived = space.derive(pair=lambda a, c: f"{a!r} {c!r}", more=lambda pair, b: f"{pair} {b!r}")
    assert space_faults(derived) == []
    expected = [
        point | {"pair": (pair := f"{point['a']!r} {point['c']!r}"), "more": f"{pair} {point['b']!r}"}
        for point in space
    ]
    assert list(map(sorted_items, derived)) == list(map(sorted_items, expected))


@settings(max_examples=50)
@given(spaces(values=small))
def test_dropped_parameters_are_gone_and_the_bits_survive_the_wire(space: Space) -> None:
    derived = space.derive(drop=["a"], scaled=lambda a, b: a * 0.1 + b)
    received = msgspec.json.decode(msgspec.json.encode(derived), type=Space)
    assert received == derived
    assert set(received.names) == {"b", "c", "scaled"}
    found = [(point["b"], point["c"], repr(point["scaled"])) for point in received]
    assert found == [(point["b"], point["c"], repr(point["a"] * 0.1 + point["b"])) for point in space]


def sorted_items(point: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, repr(value)) for name, value in point.items())


def test_what_no_formula_names_stays_short() -> None:
    space = product(x=linspace(0.0, 1.0, 1000), load=[0.5, 0.9], servers=[1, 2], y=range(10**5))
    derived = space.derive(rate=lambda load, servers: load * servers, drop=["load"])
    assert isinstance(derived, Product)
    first, merged, last = derived.factors
    assert (first, last) == (space.factors[0], space.factors[3])
    assert merged == Zip({"servers": Values((1, 2, 1, 2)), "rate": Values((0.5, 1.0, 0.9, 1.8))})
    assert derived.size == space.size


def test_axes_of_a_zip_stay_as_they_are() -> None:
    derived = zipped(x=linspace(0.0, 1.0, 3), y=[1, 2, 3]).derive(z=lambda x: 2 * x)
    assert isinstance(derived, Zip)
    assert derived.axes["x"] == Linspace(0.0, 1.0, 3)
    assert derived.axes["z"] == Values((0.0, 1.0, 2.0))


def test_parts_and_conditions() -> None:
    space = concat(product(x=[0, 1, 2, 4]).where(lambda point: point["x"] > 0), product(x=[8]))
    assert [point["y"] for point in space.derive(y=lambda x: 1 / x)] == [1.0, 0.5, 0.25, 0.125]


def test_an_argument_with_a_default_may_be_the_formulas_own() -> None:
    derived = product(x=[1, 2]).derive(y=lambda x, scale=10: x * scale)
    assert [point["y"] for point in derived] == [10, 20]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (lambda speed: speed, r"y: its formula needs speed, which the space does not assign \(it assigns x, z\)"),
        (lambda: 1.0, "y: its formula names no parameter of the space"),
        (lambda x: 1 / (x - 2), r"y: its formula fails at \{'x': 2\}: ZeroDivisionError"),
        (lambda x: [x], r"y: \[1\] is a list"),
        (lambda x: math.inf * x, "axes.y.values.0.: inf is not a finite number"),
        (dict, "y: .* is no function with named arguments"),
    ],
)
def test_what_is_refused(formula: Callable[..., object], words: str) -> None:
    with pytest.raises(SpaceError, match=words):
        product(x=[1, 2], z=[0]).derive(y=formula)


def test_names_that_cannot_be_derived_or_dropped() -> None:
    with pytest.raises(SpaceError, match="x: the space assigns it already"):
        product(x=[1, 2]).derive(x=lambda x: x)
    with pytest.raises(SpaceError, match="drop: no formula uses 'z'"):
        product(x=[1, 2], z=[0]).derive(y=lambda x: x, drop=["z"])


def test_too_many_points_to_be_written_out() -> None:
    space = product(x=range(1000), between=range(10), y=range(1000))
    with pytest.raises(SpaceError, match=r"z: .* for 10,000,000 points, at most 1,000,000: put .* side by side"):
        space.derive(z=lambda x, y: x + y)
