"""The values that a person can choose from are those that the points of the space take."""

from __future__ import annotations

from hypothesis import given

import workbench as wb
from space_strategies import spaces
from workbench.space import Space, Where
from workbench.widgets.explorer_space import distinct_values


@given(spaces())
def test_they_are_those_of_the_points(space: Space) -> None:
    found = distinct_values(space)
    assert set(found) == set(space.names)
    for name, values in found.items():
        assert values is not None
        assert set(values) == {point[name] for point in space}
        assert len(set(values)) == len(values)


def test_the_order_is_that_of_the_axes() -> None:
    space = wb.concat(wb.product(a=[3, 1], b=range(2)), wb.product(a=[2, 3], b=[7]))
    assert distinct_values(space) == {"a": (3, 1, 2), "b": (0, 1, 7)}


def test_a_condition_takes_values_away() -> None:
    space = wb.product(a=range(4), b=range(3)).where(lambda point: point["a"] < point["b"])
    assert isinstance(space, Where)
    assert distinct_values(space) == {"a": (0, 1), "b": (1, 2)}


def test_too_many_are_not_listed_however_many_there_are() -> None:
    space = wb.product(a=range(70_000), b=range(200), c=range(201))
    found = distinct_values(space)
    assert (found["a"], found["b"], found["c"]) == (None, tuple(range(200)), None)
    assert distinct_values(wb.concat(wb.product(a=[1, 2]), wb.product(a=[3])), most=2) == {"a": None}


def test_of_a_condition_over_very_many_points_the_whole_is_listed() -> None:
    few, many = (wb.product(a=range(50_000 + more), b=[1, 2]).where(lambda point: point["b"] == 1) for more in (0, 1))
    assert distinct_values(few)["b"] == (1,)
    assert distinct_values(many)["b"] == (1, 2)
