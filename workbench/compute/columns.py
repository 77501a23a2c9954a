"""Parameters of any rows as numpy columns: mixed-radix arithmetic over the space, no product in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.space import Axis, Concat, Linspace, Product, Range, Space, Value, Where, Zip
from workbench.space.grid import kept_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.contract import ExperimentSpec, SweepDocument, ValueType

__all__ = ["DTYPES", "parameter_columns"]

DTYPES: Final[dict[ValueType, Any]] = {"float": np.float64, "int": np.int64, "bool": np.bool_, "str": np.object_}


def parameter_columns(
    sweep: SweepDocument, spec: ExperimentSpec, point_index: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Compute every parameter of the given points.

    Parameters
    ----------
    sweep : SweepDocument
        In conformed shape.
    spec : ExperimentSpec
        Its experiment.
    point_index : ndarray of int64, shape (n,)
        Which points.

    Returns
    -------
    dict of ndarray, each of shape (n,)
        In the order of the signature, typed as declared.
    """
    found = _columns(sweep.space, point_index)
    columns = {}
    for parameter in spec.parameters:
        values = found[parameter.name] if parameter.name in found else sweep.fixed[parameter.name]
        dtype = DTYPES[parameter.type]
        if not isinstance(values, np.ndarray) or values.dtype != dtype:
            values, column = np.empty(len(point_index), dtype=dtype), values
            values[:] = column
        columns[parameter.name] = values
    return columns


def _columns(space: Space, index: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    match space:
        case Zip(axes):
            return {name: _axis_values(axis, index) for name, axis in axes.items()}
        case Product(factors):
            columns: dict[str, NDArray[Any]] = {}
            for factor in reversed(factors):
                rest = index // factor.size  # several times as fast as numpy's divmod
                columns |= _columns(factor, index - rest * factor.size)
                index = rest
            return columns
        case Concat(parts):
            return _concatenated(parts, index)
        case Where(of, keep, _):
            return _columns(of, _kept(keep, of.size)[index])


def _concatenated(parts: tuple[Space, ...], index: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    pieces = []
    begin = 0
    for part in parts:
        inside = (index >= begin) & (index < begin + part.size)
        pieces.append((inside, _columns(part, index[inside] - begin)))
        begin += part.size
    columns: dict[str, NDArray[Any]] = {}
    for name in parts[0].names:
        dtypes = {values[name].dtype for _, values in pieces}
        column = np.empty(len(index), dtype=dtypes.pop() if len(dtypes) == 1 else np.object_)
        for inside, values in pieces:
            column[inside] = values[name]
        columns[name] = column
    return columns


def _axis_values(axis: Axis, index: NDArray[np.int64]) -> NDArray[Any]:
    match axis:
        case Range(start, stop, step):
            fits = all(-(2**63) <= bound < 2**63 for bound in (start, stop, step))  # else Python's own integers
            return start + step * (index if fits else index.astype(np.object_))
        case Linspace(start, stop, num):
            gap = axis.step
            values = index * gap if gap else index / max(num - 1, 1) * (stop - start)
            values += start
            if num > 1:
                values[index == num - 1] = stop
            return values
        case _:
            return _stored_values(axis.values)[index]


def _stored_values(values: tuple[Value, ...]) -> NDArray[Any]:
    kinds = set(map(type, values))
    if kinds == {float}:
        return np.array(values, dtype=np.float64)
    if kinds == {int}:
        try:
            return np.array(values, dtype=np.int64)
        except OverflowError:
            pass  # Python's own integers, for a parameter that is a float
    return np.array(values, dtype=np.object_)


@lru_cache(maxsize=8)
def _kept(keep: str, size: int) -> NDArray[np.int64]:
    bits = np.frombuffer(kept_bits(keep, size), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(bits, count=size, bitorder="little"))
