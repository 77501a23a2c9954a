"""A query's result in Athena's forms: column types, the text of each value, the CSV file, pages of rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Result", "ResultColumn", "Row", "texts"]

Row = tuple[str | None, ...]

_TYPES: dict[str, tuple[str, int]] = {
    "BIGINT": ("bigint", 19),
    "BLOB": ("varbinary", 1_073_741_824),
    "BOOLEAN": ("boolean", 0),
    "DATE": ("date", 0),
    "DOUBLE": ("double", 17),
    "FLOAT": ("float", 17),
    "HUGEINT": ("bigint", 19),
    "INTEGER": ("integer", 10),
    "JSON": ("json", 0),
    "SMALLINT": ("smallint", 5),
    "TIME": ("time", 3),
    "TIMESTAMP": ("timestamp", 3),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3),
    "TINYINT": ("tinyint", 3),
    "UBIGINT": ("bigint", 19),
    "UHUGEINT": ("bigint", 19),
    "UINTEGER": ("bigint", 19),
}
_TEXT = ("varchar", 2_147_483_647)


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result.

    Parameters
    ----------
    name : str
        Its name.
    type : str
        Athena's type.
    precision, scale : int
        As Athena reports them.
    """

    name: str
    type: str
    precision: int
    scale: int = 0

    @classmethod
    def of(cls, name: str, duckdb_type: str) -> ResultColumn:
        """Describe a column of DuckDB's result.

        Parameters
        ----------
        name : str
            The column's name.
        duckdb_type : str
            Such as ``DECIMAL(10,2)`` or ``INTEGER[]``.

        Returns
        -------
        ResultColumn
            The column as Athena describes it.
        """
        base, _, arguments = duckdb_type.partition("(")
        if duckdb_type.endswith("]"):
            return cls(name, "array", 0)
        if base in ("STRUCT", "MAP"):
            return cls(name, "row" if base == "STRUCT" else "map", 0)
        if base == "DECIMAL":
            precision, scale = arguments.rstrip(")").split(",")
            return cls(name, "decimal", int(precision), int(scale))
        return cls(name, *_TYPES.get(duckdb_type, _TEXT))

    def as_json(self) -> dict[str, object]:
        """Return Athena's ``ColumnInfo``.

        Returns
        -------
        dict
            The column's description.
        """
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type in ("varchar", "json"),
        }


@dataclass(frozen=True)
class Result:
    """What a query answered.

    Parameters
    ----------
    columns : tuple of ResultColumn
        The columns.
    rows : sequence of tuple
        The values as text, None for NULL.
    scanned : int
        Bytes of the objects that were read.
    """

    columns: tuple[ResultColumn, ...]
    rows: Sequence[Row]
    scanned: int

    def to_csv(self) -> bytes:
        """Write Athena's result file: every value quoted, NULL as nothing.

        Returns
        -------
        bytes
            UTF-8 with a header line.
        """
        lines = [self._header(), *self.rows]
        return "".join(",".join(_quoted(value) for value in line) + "\n" for line in lines).encode()

    def page(self, *, start: int, size: int) -> list[dict[str, object]]:
        """Return rows as ``GetQueryResults`` gives them; the first of all is the header.

        Parameters
        ----------
        start, size : int
            Which rows, the header counted.

        Returns
        -------
        list of dict
            At most ``size`` rows.
        """
        lines = [self._header(), *self.rows[:size]] if start == 0 else self.rows[start - 1 : start - 1 + size]
        return [{"Data": [{} if value is None else {"VarCharValue": value} for value in line]} for line in lines[:size]]

    def _header(self) -> Row:
        return tuple(column.name for column in self.columns)


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """Write a column's values as Athena does.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        A column of a result.

    Returns
    -------
    list of str or None
        The texts, None for NULL.
    """
    text = _writer(column.type)
    return [None if value is None else text(value) for value in column.to_pylist()]


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _writer(of: pa.DataType) -> Callable[[Any], str]:  # noqa: PLR0911 - one line for each type
    types = pa.types
    if types.is_boolean(of):
        return lambda value: "true" if value else "false"
    if types.is_float32(of):
        return lambda value: _floating_text(float(str(np.float32(value))))
    if types.is_floating(of):
        return _floating_text
    if types.is_decimal(of):
        return lambda value: f"{value:f}"
    if types.is_timestamp(of):
        zone = " UTC" if of.tz else ""
        return lambda value: value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds") + zone
    if types.is_time(of):
        return lambda value: str(value.isoformat(timespec="milliseconds"))
    if types.is_binary(of):
        return lambda value: str(value.hex(" "))
    if types.is_nested(of):
        return _nested_writer(of)
    return str


def _nested_writer(of: pa.DataType) -> Callable[[Any], str]:
    if pa.types.is_struct(of):
        writers = {field.name: _or_null(_writer(field.type)) for field in of}
        return lambda value: "{" + ", ".join(f"{name}={text(value[name])}" for name, text in writers.items()) + "}"
    if pa.types.is_map(of):
        key, item = _writer(of.key_type), _or_null(_writer(of.item_type))
        return lambda value: "{" + ", ".join(f"{key(name)}={item(element)}" for name, element in value) + "}"
    text = _or_null(_writer(of.value_type))
    return lambda value: "[" + ", ".join(text(element) for element in value) + "]"


def _or_null(text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "null" if value is None else text(value)


def _floating_text(value: float) -> str:
    """Write the shortest digits that read back as the same number, in Java's notation."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004 - where Java changes its notation
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    mantissa = "".join(map(str, digits))
    power = len(mantissa) - 1 + int(exponent)
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"
