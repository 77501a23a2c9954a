"""Hypothesis strategies for axes and spaces, and a plain reading of a space to compare with."""

from __future__ import annotations

import base64
import itertools
import zlib
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from workbench.space import Axis, Concat, Linspace, Point, Product, Range, Space, Value, Values, Where, Zip

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["axes", "expand", "finite_floats", "keep_text", "scalars", "spaces", "values_of"]

finite_floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), finite_floats, st.text(max_size=4))


@st.composite
def axes(draw: st.DrawFn, length: int, values: st.SearchStrategy[Value] = scalars) -> Axis:
    start = draw(st.integers(-1000, 1000))
    step = draw(st.integers(-7, 7).filter(bool))
    ends = st.floats(-1e300, 1e300)
    return draw(
        st.one_of(
            st.lists(values, min_size=length, max_size=length).map(lambda listed: Values(tuple(listed))),
            st.just(Range(start, start + length * step, step)),
            st.builds(Linspace, ends, ends, st.just(length)),
        )
    )


@st.composite
def spaces(
    draw: st.DrawFn,
    names: Sequence[str] = ("a", "b", "c"),
    depth: int = 3,
    values: st.SearchStrategy[Value] = scalars,
) -> Space:
    """Sound spaces of any nesting that assign `names`, in any order."""
    names = draw(st.permutations(names))
    kind = draw(st.sampled_from(("zip", "product", "concat", "where"))) if depth else "zip"
    if kind == "product":
        cut = draw(st.integers(1, len(names)))
        groups = [group for group in (names[:cut], names[cut:]) if group]
        return Product(tuple(draw(spaces(group, depth - 1, values)) for group in groups))
    if kind == "concat":
        return Concat(tuple(draw(st.lists(spaces(names, depth - 1, values), min_size=1, max_size=2))))
    if kind == "where":
        whole = draw(spaces(names, depth - 1, values))
        mask = draw(st.integers(1, 2**whole.size - 1))
        position = itertools.count()
        return whole.where(lambda _: bool(mask >> next(position) & 1))
    length = draw(st.integers(1, 3))
    return Zip({name: draw(axes(length, values)) for name in names})


def keep_text(mask: int, size: int) -> str:
    """Pack bits as they travel."""
    return base64.b64encode(zlib.compress(mask.to_bytes((size + 7) // 8, "little"), 9)).decode("ascii")


def values_of(axis: Axis) -> list[Value]:
    match axis:
        case Values(values):
            return list(values)
        case Range(start, stop, step):
            return list(range(start, stop, step))
        case Linspace(start, stop, num):
            return np.linspace(start, stop, num).tolist()


def expand(space: Space) -> list[Point]:
    """Every point, the obvious way."""
    match space:
        case Zip(axes):
            columns = (values_of(axis) for axis in axes.values())
            return [dict(zip(axes, row, strict=True)) for row in zip(*columns, strict=True)]
        case Product(factors):
            rows = itertools.product(*map(expand, factors))
            return [{name: value for part in row for name, value in part.items()} for row in rows]
        case Concat(parts):
            return [point for part in parts for point in expand(part)]
        case Where(of, keep, _):
            mask = int.from_bytes(zlib.decompress(base64.b64decode(keep)), "little")
            return [point for index, point in enumerate(expand(of)) if mask >> index & 1]
