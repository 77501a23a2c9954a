"""Arrow arrays from buffers: `pyarrow.array` would load pandas where that is installed, for most of a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from workbench.contract import ColumnType

__all__ = ["ARROW_TYPES", "repeated_array", "value_array"]

ARROW_TYPES: Final[dict[ColumnType, Any]] = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("ms"),
}
_NUMPY: Final[dict[ColumnType, Any]] = {"bigint": np.int64, "int": np.int32, "double": np.float64}
_BLOCK: Final = 2**16


def value_array(
    kind: ColumnType, values: NDArray[Any] | Sequence[str | None], present: NDArray[np.bool_] | None = None
) -> Any:
    """Build an array of a column's type; what is not `present`, or a text that is None, is NULL."""
    if kind == "string":
        return _strings(values, present)
    numbers = np.asarray(values)
    data = (
        np.packbits(numbers, bitorder="little")
        if kind == "boolean"
        else np.ascontiguousarray(numbers, dtype=_NUMPY.get(kind, np.int64))
    )
    return pa.Array.from_buffers(ARROW_TYPES[kind], len(numbers), [_bitmap(present), pa.py_buffer(data)])


def _strings(values: NDArray[Any] | Sequence[str | None], present: NDArray[np.bool_] | None) -> Any:
    """Build a string array: offsets, then the bytes of all texts after each other."""
    texts: list[str | None] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if present is not None and not present.all():
        texts = [text if there else None for text, there in zip(texts, present.tolist(), strict=True)]
    missing = texts.count(None)
    if missing == len(texts):
        return _in_blocks(lambda count: pa.nulls(count, pa.string()), missing)
    valid = None
    if missing:
        valid = np.fromiter((text is not None for text in texts), np.bool_, count=len(texts))
    filled = [text or "" for text in texts]
    data, lengths = "".join(filled).encode("utf-8", "replace"), list(map(len, filled))
    if len(data) != sum(lengths):  # some character takes more than one byte
        lengths = [len(text.encode("utf-8", "replace")) for text in filled]
    offsets = np.zeros(len(filled) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return _string_array(offsets, data, valid)


def repeated_array(kind: ColumnType, value: Any, count: int) -> Any:
    """Build a column of one value."""
    if kind != "string":
        return _in_blocks(lambda size: value_array(kind, np.full(size, value)), count)
    texts = _strings([value], None)
    return _in_blocks(lambda size: pa.DictionaryArray.from_arrays(value_array("int", np.zeros(size)), texts), count)


def _in_blocks(made: Callable[[int], Any], count: int) -> Any:
    """Repeat one block of equal values as often as needed: its memory is there once."""
    block = made(min(count, _BLOCK))
    whole, rest = divmod(count, _BLOCK) if count > _BLOCK else (1, 0)
    return pa.chunked_array([block] * whole + [block[:rest]] * bool(rest))


def _string_array(offsets: NDArray[np.int32], data: bytes, valid: NDArray[np.bool_] | None) -> Any:
    return pa.Array.from_buffers(
        pa.string(), len(offsets) - 1, [_bitmap(valid), pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def _bitmap(valid: NDArray[np.bool_] | None) -> Any | None:
    """Pack which values are there, as Arrow does; None where all are."""
    return None if valid is None or bool(valid.all()) else pa.py_buffer(np.packbits(valid, bitorder="little"))
