"""Hive's type names, as Glue declares columns, read as Arrow types and as Trino's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.localcloud.athena.failures import QueryFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["arrow_type", "trino_type"]

_PRIMITIVES: dict[str, tuple[pa.DataType, str]] = {
    "bigint": (pa.int64(), "bigint"),
    "binary": (pa.binary(), "varbinary"),
    "boolean": (pa.bool_(), "boolean"),
    "char": (pa.string(), "varchar"),
    "date": (pa.date32(), "date"),
    "double": (pa.float64(), "double"),
    "float": (pa.float32(), "real"),
    "int": (pa.int32(), "integer"),
    "integer": (pa.int32(), "integer"),
    "smallint": (pa.int16(), "smallint"),
    "string": (pa.string(), "varchar"),
    "timestamp": (pa.timestamp("us"), "timestamp"),
    "tinyint": (pa.int8(), "tinyint"),
    "varchar": (pa.string(), "varchar"),
}


def arrow_type(declared: str) -> pa.DataType:
    """Read a Hive type.

    Parameters
    ----------
    declared : str
        Such as ``double`` or ``array<struct<name:string,values:array<double>>>``.

    Returns
    -------
    pyarrow.DataType
        The type.

    Raises
    ------
    QueryFailedError
        For a type that Glue would not have.
    """
    text = declared.strip().lower()
    base, _, rest = text.partition("<")
    if rest:
        parts = list(_split(rest.removesuffix(">")))
        match base, parts:
            case "array", [element]:
                return pa.list_(arrow_type(element))
            case "map", [key, value]:
                return pa.map_(arrow_type(key), arrow_type(value))
            case "struct", _:
                fields = (part.partition(":") for part in parts)
                return pa.struct([pa.field(name.strip(), arrow_type(of)) for name, _, of in fields])
    base, _, arguments = text.partition("(")
    if base == "decimal":
        precision, _, scale = arguments.rstrip(")").partition(",")
        return pa.decimal128(int(precision or 10), int(scale or 0))
    if base not in _PRIMITIVES:
        raise QueryFailedError("HIVE_INVALID_METADATA", f"Unknown column type '{declared}' in Glue's table definition")
    return _PRIMITIVES[base][0]


def trino_type(declared: str) -> str:
    """Return Trino's name of a Hive type, for what the translation has to know about a column.

    Parameters
    ----------
    declared : str
        Hive's name.

    Returns
    -------
    str
        Trino's name; ``unknown`` for nested types, whose elements the translation does not look into.
    """
    base = declared.strip().lower()
    if base.startswith("decimal"):
        return base
    return _PRIMITIVES[base][1] if base in _PRIMITIVES else "unknown"


def _split(text: str) -> Iterator[str]:
    depth = begin = 0
    for place, character in enumerate(text):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
