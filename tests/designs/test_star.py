"""The star: the base, and one other value of one parameter in every other point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from workbench.errors import SpaceError

levels = st.lists(st.integers(-3, 3), max_size=6)


@given(st.integers(-3, 3), st.integers(-3, 3), levels, levels)
def test_every_point_differs_from_the_base_in_one_parameter(a: int, b: int, of_a: list[int], of_b: list[int]) -> None:
    base = {"a": a, "b": b, "c": "fixed"}
    points = list(wb.star(base, a=of_a, b=of_b))
    assert points[0] == base
    assert len(points) == 1 + len({*of_a} - {a}) + len({*of_b} - {b})
    assert [sum(point[name] != base[name] for name in base) for point in points[1:]] == [1] * (len(points) - 1)
    assert len({tuple(point.values()) for point in points}) == len(points)
    assert {point["a"] for point in points} == {a, *of_a}


def test_axes_of_any_kind() -> None:
    star = wb.star(base={"a": 0.5, "b": 2}, a=wb.linspace(0.0, 1.0, 3), b=range(1, 4))
    assert [tuple(point.values()) for point in star] == [(0.5, 2), (0.0, 2), (1.0, 2), (0.5, 1), (0.5, 3)]


def test_what_is_refused() -> None:
    with pytest.raises(SpaceError, match="base: has no value of a, c"):
        wb.star({"b": 1}, a=[1], b=[2], c=[3])
    with pytest.raises(SpaceError, match="name at least one parameter that varies"):
        wb.star({"b": 1})
    with pytest.raises(SpaceError, match=r"b: .* is a list"):
        wb.star({"b": [1]}, b=[2])
