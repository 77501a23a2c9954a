"""What is wrong with a space: every fault at once, each with its path, whatever comes from the wire."""

from __future__ import annotations

import math

import msgspec
import pytest

from space_strategies import keep_text
from workbench.errors import Fault
from workbench.space import Axis, Concat, Linspace, Product, Range, Space, Values, Where, Zip, space_faults
from workbench.space.faults import MAX_POINTS


def one(axis: Axis, name: str = "x") -> Zip:
    return Zip({name: axis})


X = one(Values((1, 2)))
Y = one(Values((1, 2)), "y")


@pytest.mark.parametrize(
    ("space", "path", "words"),
    [
        (Zip({}), "space.axes", "name at least one"),
        (Product(()), "space.factors", "at least one axis"),
        (Concat(()), "space.parts", "at least one space"),
        (one(Values(())), "space.axes.x", "has no values"),
        (one(Range(3, 3)), "space.axes.x", "has no values"),
        (one(Range(0, 3, 0)), "space.axes.x.step", "must advance"),
        (one(Linspace(0.0, 1.0, 0)), "space.axes.x", "has no values"),
        (one(Linspace(0.0, 1.0, -1)), "space.axes.x", "has no values"),
        (one(Linspace(math.nan, 1.0, 3)), "space.axes.x", "must be finite"),
        (one(Linspace(0.0, math.inf, 3)), "space.axes.x", "must be finite"),
        (one(Linspace(-1e308, 1e308, 3)), "space.axes.x", "distance must be finite"),
        (one(Values((1, math.nan, 2))), "space.axes.x.values[1]", "not a finite number"),
        (one(Values((-math.inf,))), "space.axes.x.values[0]", "not a finite number"),
        (Zip({"x": Range(0, 2), "y": Range(0, 3)}), "space.axes", "x has 2, y has 3"),
        (Product((X, X)), "space", "assigns 'x' 2 times"),
        (Product((X, Concat((Product((X, Y)),)))), "space", "assigns 'x' 2 times"),
        (Concat((X, Y)), "space.parts[1]", "first part: x, y"),
        (Where(X, keep_text(1, 2), 2), "space.kept", "says 2 points; the bits keep 1 of 2"),
        (Where(X, keep_text(0b111, 8), 3), "space.kept", "says 3 points; the bits keep 3 of 2"),
        (Where(X, "?", 1), "space.keep", "not base64"),
        (Where(X, "é", 1), "space.keep", "ASCII"),
        (Where(X, keep_text(1, 99), 1), "space.keep", "where 2 points need 1"),
        (Where(X, keep_text(0, 2), 0), "space", "keeps none"),
        (Product((Y, Where(X, keep_text(0, 2), 0))), "space", "keeps none"),
        (one(Range(0, 2**63)), "space.axes.x", "more than 3,000,000,000 points"),
        (one(Linspace(0.0, 1.0, 10**400)), "space.axes.x", "more than 3,000,000,000 points"),
        (Product((one(Range(0, 60_000)), one(Range(0, 60_000), "y"))), "space", "more than 3,000,000,000 points"),
        (Where(Product((one(Range(0, 2**31)), one(Range(0, 2**31), "y"))), "eJw=", 1), "space.of", "more than 3,000"),
    ],
)
def test_each_fault_has_its_path_and_says_what_is_wrong(space: Space, path: str, words: str) -> None:
    (fault,) = space_faults(space)
    assert fault.path == path
    assert words in fault.message


def test_all_faults_at_once() -> None:
    space = Product(
        (
            Zip({"a": Values(()), "b": Values((1.0, math.nan))}),
            Concat((X, Where(Y, "?", 1), Product((one(Range(0, 1, 0), "z"),)))),
            Where(one(Values(()), "w"), "never looked at", 1),
            X,
        )
    )
    assert [fault.path for fault in space_faults(space, "here")] == [
        "here.factors[0].axes.a",
        "here.factors[0].axes.b.values[1]",
        "here.factors[0].axes",
        "here.factors[1].parts[1].keep",
        "here.factors[1].parts[1]",
        "here.factors[1].parts[2].factors[0].axes.z.step",
        "here.factors[1].parts[2]",
        "here.factors[2].of.axes.w",
        "here",
    ]


def test_the_largest_space() -> None:
    assert space_faults(one(Range(0, MAX_POINTS))) == []
    assert [fault.path for fault in space_faults(one(Range(0, MAX_POINTS + 1)))] == ["space.axes.x"]


def test_numbers_of_any_length_from_the_wire_are_a_fault_and_no_crash() -> None:
    digits = "9" * 4000
    space = msgspec.json.decode(
        f'{{"kind":"zip","axes":{{"x":{{"kind":"range","start":0,"stop":{digits}}}}}}}', type=Zip
    )
    assert [fault.path for fault in space_faults(Product((space, one(Range(0, 9), "y"))))] == [
        "space.factors[0].axes.x"
    ]
    assert len(space_faults(Product(tuple(one(Range(0, 2**31), f"x{number}") for number in range(600))))) == 1


@pytest.mark.parametrize("levels", [50, 300])
def test_deep_nesting(levels: int) -> None:
    space: Space = X
    for _ in range(levels):
        space = Product((space,))
    assert space_faults(space) == []


def test_a_fault_reads_as_one_line() -> None:
    assert str(Fault("space.axes.x", "has no values")) == "space.axes.x: has no values"
