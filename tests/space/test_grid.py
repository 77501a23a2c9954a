"""Spaces: size, points and order are those of the plain reading, and survive the wire."""

from __future__ import annotations

import base64
import itertools
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space_strategies import expand, keep_text, scalars, spaces
from workbench.errors import SpaceError
from workbench.space import Point, Space, Where, concat, linspace, product, space_faults, zipped
from workbench.space.grid import kept_bits


def typed(points: list[Point]) -> list[list[tuple[str, type, str]]]:
    """Tell 1, 1.0 and True apart, and 0.0 from -0.0."""
    return [sorted((name, type(value), repr(value)) for name, value in point.items()) for point in points]


@settings(max_examples=50)
@given(spaces())
def test_size_and_points_are_those_of_the_plain_reading(space: Space) -> None:
    points = list(space)
    assert typed(points) == typed(expand(space))
    assert space.size == len(space) == len(points)
    assert typed([space.point(index) for index in range(space.size)]) == typed(points)
    assert all(tuple(point) == space.names for point in points)
    assert space_faults(space) == []


@settings(max_examples=50)
@given(spaces())
def test_json_round_trip(space: Space) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(space), type=Space)
    assert decoded == space
    assert typed(list(decoded)) == typed(list(space))


@settings(max_examples=50)
@given(spaces(), st.sampled_from((-1, 0, 1)))
def test_no_points_outside(space: Space, beyond: int) -> None:
    index = -1 if beyond < 0 else space.size + beyond
    with pytest.raises(IndexError, match=f"of a space of {space.size} points"):
        space.point(index)


@given(st.lists(st.lists(scalars, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_last_factor_varies_fastest(columns: list[list[object]]) -> None:
    space = product(**{f"x{position}": column for position, column in enumerate(columns)})
    assert [tuple(point.values()) for point in space] == list(itertools.product(*columns))


@given(st.lists(st.tuples(scalars, scalars), min_size=1, max_size=5))
def test_zipped_axes_walk_together(rows: list[tuple[object, object]]) -> None:
    first, second = zip(*rows, strict=True)
    assert [(point["a"], point["b"]) for point in zipped(a=first, b=second)] == rows


def test_spaces_and_axes_combine() -> None:
    space = product(zipped(a=[1, 2], b=["x", "y"]), c=[0.5, 1.5])
    assert list(space) == [
        {"a": 1, "b": "x", "c": 0.5},
        {"a": 1, "b": "x", "c": 1.5},
        {"a": 2, "b": "y", "c": 0.5},
        {"a": 2, "b": "y", "c": 1.5},
    ]


def test_concat_brings_the_parts_to_one_order_of_names() -> None:
    space = concat(zipped(a=[1], b=[2]), zipped(b=[4, 6], a=[3, 5]))
    assert [tuple(point.items()) for point in space] == [(("a", a), ("b", a + 1)) for a in (1, 3, 5)]


@settings(max_examples=50)
@given(spaces(), st.integers(1))
def test_where_keeps_exactly_what_the_predicate_keeps(space: Space, seed: int) -> None:
    chosen = [point for index, point in enumerate(space) if seed >> (index % 64) & 1]
    verdicts = iter([bool(seed >> (index % 64) & 1) for index in range(space.size)])
    kept = space.where(lambda _: next(verdicts))
    assert typed(list(kept)) == typed(chosen)
    assert (kept.size, kept.names) == (len(chosen), space.names)


def test_where_calls_the_predicate_once_per_point_in_order() -> None:
    space = product(a=range(3), b=range(4))
    seen: list[Point] = []
    assert space.where(lambda point: bool(seen.append(point))).size == 0
    assert seen == list(space)


def test_a_condition_on_a_condition() -> None:
    space = product(n=range(20)).where(lambda p: p["n"] % 2 == 0).where(lambda p: p["n"] % 3 == 0)
    assert [point["n"] for point in space] == [0, 6, 12, 18]


def test_large_spaces_cost_nothing() -> None:
    space = product(a=range(1_000_000), b=linspace(0, 1, 1_001))
    assert space.size == 1_001_000_000
    assert space.point(space.size - 1) == {"a": 999_999, "b": 1.0}
    assert space.point(1_002) == {"a": 1, "b": 0.001}


@given(st.integers(1, 40), st.data())
def test_bits_that_say_another_number_are_refused(size: int, data: st.DataObject) -> None:
    mask = data.draw(st.integers(0, 2**size - 1))
    tampered = mask ^ (1 << data.draw(st.integers(0, (size + 7) // 8 * 8 - 1)))
    space = Where(product(n=range(size)), keep_text(tampered, size), mask.bit_count())
    assert [fault.path for fault in space_faults(space)] == ["space.kept"]


@given(st.integers(1, 40), st.data())
def test_text_that_is_no_bits_of_that_size_is_refused(size: int, data: st.DataObject) -> None:
    good = keep_text(2**size - 1, size)
    other = data.draw(
        st.one_of(
            st.text(max_size=20),
            st.integers(0, len(good) - 1).map(lambda end: good[:end]),
            st.just(keep_text(0, size + 8)),
            st.just(good + good),
        )
    )
    with pytest.raises(ValueError, match=r"\S"):
        kept_bits(other, size)
    faults = space_faults(Where(product(n=range(size)), other, size))
    assert [fault.path for fault in faults] == ["space.keep"]


@pytest.mark.parametrize("end", [2, 4, 6])
def test_a_stream_without_its_checksum_is_refused(end: int) -> None:

    whole = zlib.compress(b"\xff" * 4, 9)
    with pytest.raises(ValueError, match=r"cut short|bytes"):
        kept_bits(base64.b64encode(whole[:-end]).decode(), 32)
    with pytest.raises(ValueError, match="goes on behind its end"):
        kept_bits(base64.b64encode(whole + b"\0" * end).decode(), 32)


def test_a_few_bytes_do_not_unpack_to_gigabytes() -> None:
    bomb = keep_text(0, 8 * 50_000_000)
    with pytest.raises(ValueError, match="holds 2 bytes or more where 8 points need 1"):
        kept_bits(bomb, 8)


def test_what_cannot_be_written_is_refused_with_every_fault() -> None:
    with pytest.raises(SpaceError) as caught:
        product(a=[], b=[float("nan")])
    assert "space.factors[0].axes.a" in str(caught.value)
    assert "space.factors[1].axes.b.values[0]" in str(caught.value)
    with pytest.raises(SpaceError, match="same number of values; a has 2, b has 3"):
        zipped(a=[1, 2], b=[1, 2, 3])
    with pytest.raises(SpaceError, match=r"parts\[1\].*same parameters as the first part: a, b"):
        concat(product(a=[1]), product(b=[1]))


@settings(max_examples=50)
@given(spaces(), st.data())
def test_picked_points_stand_in_the_order_of_the_space(space: Space, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, space.size - 1), min_size=1))
    picked = space.pick(places)
    assert typed(list(picked)) == typed([space.point(place) for place in sorted(set(places))])
    assert space_faults(picked) == []


@pytest.mark.parametrize("place", [-1, 3])
def test_no_point_outside_is_picked(place: int) -> None:
    with pytest.raises(SpaceError, match=f"there is no point {place}: the space has 3"):
        product(x=[1, 2, 3]).pick([0, place])
