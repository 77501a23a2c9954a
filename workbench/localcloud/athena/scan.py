"""Objects read as the declared columns: Parquet or JSON lines, absent columns as NULL, partition keys added."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.localcloud.athena.failures import QueryFailedError
from workbench.localcloud.athena.hive import arrow_type

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from workbench.localcloud.athena.projection import GlueTable, Partition

__all__ = ["Catalog", "StoredObject", "read_table"]


class StoredObject(NamedTuple):
    """An object of a partition.

    Parameters
    ----------
    bucket, key : str
        Which object.
    size : int
        Bytes.
    """

    bucket: str
    key: str
    size: int


class Catalog(Protocol):
    """Where tables and their objects are found, within the rights of one caller."""

    def table(self, database: str, name: str) -> GlueTable | None:
        """Return a table's definition, or None where there is no such table."""

    def objects(self, partition: Partition) -> tuple[StoredObject, ...]:
        """List what lies under a partition's prefix, hidden objects left out."""

    def read(self, stored: StoredObject) -> bytes:
        """Return an object's content."""


def read_table(
    table: GlueTable,
    partitions: Iterable[tuple[Partition, tuple[StoredObject, ...]]],
    *,
    names: AbstractSet[str] | None,
    catalog: Catalog,
) -> pa.Table:
    """Read the objects of some partitions.

    Parameters
    ----------
    table : GlueTable
        The declared columns.
    partitions : iterable of (Partition, tuple of StoredObject)
        What to read.
    names : set of str or None
        The columns that matter; None for all.
    catalog : Catalog
        Where the content comes from.

    Returns
    -------
    pyarrow.Table
        One column for each declared column and partition key that matters.

    Raises
    ------
    QueryFailedError
        When an object is corrupt or does not fit the declaration; the message names it.
    """
    declared = {name: arrow_type(of) for name, of in (table.columns | table.keys).items()}
    # A relation needs one column, even where a query only counts its rows.
    wanted = {name: of for name, of in declared.items() if names is None or name in names} or dict(
        [*declared.items()][:1]
    )
    schema = pa.schema(wanted.items())
    pieces = [schema.empty_table()]
    for partition, stored_objects in partitions:
        for stored in stored_objects:
            rows, columns = _read_object(table, schema, catalog.read(stored), f"s3://{stored.bucket}/{stored.key}")
            constants = {name: pa.repeat(pa.scalar(value, schema.field(name).type), rows)
                         for name, value in partition.values if name in wanted}  # fmt: skip
            pieces.append(pa.table({**columns, **constants}).select(schema.names).cast(schema))
    return pa.concat_tables(pieces)


def _read_object(table: GlueTable, schema: pa.Schema, content: bytes, address: str) -> tuple[int, dict[str, Any]]:
    fields = [field for field in schema if field.name in table.columns]
    try:
        if "parquet" in table.serde.lower():
            return _read_parquet(content, fields)
        if "json" in table.serde.lower():
            return _read_json_lines(content, fields)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise QueryFailedError("HIVE_BAD_DATA", f"Error reading {address}: {error}") from error
    raise QueryFailedError("HIVE_UNSUPPORTED_FORMAT", f"the emulator reads Parquet and JSON lines, not {table.serde}")


def _read_parquet(content: bytes, fields: list[pa.Field]) -> tuple[int, dict[str, Any]]:
    file = pq.ParquetFile(io.BytesIO(content))
    stored = {name.lower(): name for name in file.schema_arrow.names}
    present = [stored[field.name] for field in fields if field.name in stored]
    read = file.read(columns=present)
    rows = file.metadata.num_rows
    columns = {}
    for field in fields:
        if field.name in stored:
            columns[field.name] = _as_declared(read.column(stored[field.name]), field)
        else:
            columns[field.name] = pa.nulls(rows, field.type)
    return rows, columns


def _as_declared(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _fits(column.type, field.type):
        raise ValueError(f"Field {field.name}'s type {column.type} is incompatible with the declared type {field.type}")
    if pa.types.is_timestamp(field.type):
        # Athena's timestamps have milliseconds.
        return column.cast(pa.timestamp("ms"), safe=False).cast(field.type)
    return column.cast(field.type)


def _fits(stored: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_null(stored) or stored == declared:
        return True
    if pa.types.is_integer(declared):
        return bool(pa.types.is_signed_integer(stored) and stored.bit_width <= declared.bit_width)
    if pa.types.is_floating(declared):
        return bool(pa.types.is_floating(stored) and stored.bit_width <= declared.bit_width)
    kinds = (pa.types.is_timestamp, pa.types.is_decimal, pa.types.is_nested)
    text = pa.types.is_string(declared) and pa.types.is_large_string(stored)
    return bool(text or any(kind(stored) and kind(declared) for kind in kinds))


def _read_json_lines(content: bytes, fields: list[pa.Field]) -> tuple[int, dict[str, Any]]:
    rows = [
        {name.lower(): value for name, value in json.loads(line).items()}
        for line in content.splitlines()
        if line.strip()
    ]
    columns = {field.name: pa.array([_json_value(row.get(field.name), field.type) for row in rows], field.type)
               for field in fields}  # fmt: skip
    return len(rows), columns


def _json_value(value: Any, declared: pa.DataType) -> Any:  # noqa: PLR0911 - one line for each type
    """Fit a JSON value to its declared type as the JSON SerDes do: a string column takes any value as its text."""
    if value is None:
        return None
    if pa.types.is_string(declared):
        return value if isinstance(value, str) else json.dumps(value)
    if pa.types.is_list(declared):
        return [_json_value(element, declared.value_type) for element in value]
    if pa.types.is_struct(declared):
        return {field.name: _json_value(value.get(field.name), field.type) for field in declared}
    if pa.types.is_map(declared):
        return [(key, _json_value(element, declared.item_type)) for key, element in value.items()]
    if pa.types.is_timestamp(declared):
        return pa.scalar(value).cast(declared)
    return value
