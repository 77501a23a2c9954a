"""How far apart two values are, and what a verification says of itself."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.runs.verification import Difference, Verification, ulps_between


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_ulps_are_a_distance(one: float, other: float) -> None:
    apart = ulps_between(one, other)
    assert apart == ulps_between(other, one)
    assert (apart == 0) == (struct.pack("<d", one) == struct.pack("<d", other))
    following = math.nextafter(one, math.inf)
    # Behind -0.0 comes 0.0, which `nextafter` passes by.
    assert ulps_between(one, following) == (0 if one == math.inf else 2 if str(one) == "-0.0" else 1)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (math.nan, math.nan, 0.0),
        (math.nan, 1.0, math.nan),
        (None, None, 0.0),
        (None, 0.0, math.nan),
        ("a", "a", 0.0),
        ("a", "b", math.nan),
        (2**62, 2**62, 0.0),
        (2**62, 2**62 + 1, math.nan),
        (math.inf, 1.7976931348623157e308, 1.0),
    ],
)
def test_what_is_no_pair_of_numbers_is_equal_or_not(one: Any, other: Any, expected: float) -> None:
    assert ulps_between(one, other) == pytest.approx(expected, abs=0, nan_ok=True)


def test_rows_are_counted_and_values_are_named() -> None:
    differences = (
        Difference(7, {"x": 1}, "a", 1.0, 2.0, 2.0**52),
        Difference(7, {"x": 1}, "b", "u", None, math.nan),
    )
    found = Verification(run_id="r-1", row_index=(3, 7), shards=1, tolerance=4, differences=differences)
    assert not found
    assert (found.checked, found.equal) == (2, 1)
    assert str(found) == (
        "r-1: 1 of 2 rows from 1 shard are equal here within 4 ulps; 2 values differ, first row 7: a is 1.0 here, 2.0 "
        "there (4,503,599,627,370,496 ulps)"
    )
    frame = found.to_frame()
    assert list(frame.columns) == ["row_index", "metric", "here", "there", "ulps", "parameters"]
    assert frame["here"].tolist() == [1.0, "u"]
    assert frame["there"].tolist() == [2.0, None]
    assert frame["parameters"].tolist() == [{"x": 1}, {"x": 1}]
