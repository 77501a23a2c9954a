"""Partition projection: from a table's parameters and a reference's conditions to the prefixes that are read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.localcloud.athena.failures import QueryFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GlueTable", "Partition", "wanted_partitions"]


@dataclass(frozen=True)
class GlueTable:
    """What Glue declares of a table.

    Parameters
    ----------
    database, name : str
        The table.
    columns, keys : dict of str to str
        Hive type of each column, and of each partition key.
    location : str
        Where the objects lie, an ``s3://`` address.
    serde : str
        Class of the serializer.
    parameters : dict of str to str
        The table's properties.
    """

    database: str
    name: str
    columns: dict[str, str]
    keys: dict[str, str]
    location: str
    serde: str
    parameters: dict[str, str]

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> GlueTable:
        """Read the answer of Glue's ``GetTable``.

        Parameters
        ----------
        definition : mapping
            The member ``Table``.

        Returns
        -------
        GlueTable
            The table.
        """
        storage = definition.get("StorageDescriptor") or {}
        return cls(
            database=definition["DatabaseName"],
            name=definition["Name"],
            columns={column["Name"].lower(): column["Type"] for column in storage.get("Columns") or []},
            keys={key["Name"].lower(): key["Type"] for key in definition.get("PartitionKeys") or []},
            location=storage.get("Location") or "",
            serde=(storage.get("SerdeInfo") or {}).get("SerializationLibrary") or "",
            parameters={name.lower(): str(value) for name, value in (definition.get("Parameters") or {}).items()},
        )


@dataclass(frozen=True, order=True)
class Partition:
    """A prefix in a bucket whose objects share the values of the partition keys.

    Parameters
    ----------
    bucket, prefix : str
        Where; the prefix ends with a slash.
    values : tuple of (str, str)
        Each partition key's value, in the order of the keys.
    """

    bucket: str
    prefix: str
    values: tuple[tuple[str, str], ...]


def wanted_partitions(table: GlueTable, domains: Mapping[str, frozenset[str]]) -> tuple[Partition, ...]:
    """Project the partitions that one reference to a table has to read.

    Parameters
    ----------
    table : GlueTable
        The table.
    domains : mapping
        The values that the reference's conditions allow, where they say so.

    Returns
    -------
    tuple of Partition
        The partitions; for a table without partition keys, its location.

    Raises
    ------
    QueryFailedError
        When an injected column has no static equality condition, or the projection is of an unknown kind.
    """
    if table.keys and table.parameters.get("projection.enabled", "").lower() != "true":
        raise QueryFailedError(
            "NOT_SUPPORTED", f"the emulator reads partitions by projection only; set projection.enabled on {table.name}"
        )
    axes = [_projected_values(table, key, domains.get(key)) for key in table.keys]
    return tuple(_partition(table, tuple(zip(table.keys, values, strict=True))) for values in product(*axes))


def _projected_values(table: GlueTable, key: str, domain: frozenset[str] | None) -> list[str]:
    kind = table.parameters.get(f"projection.{key}.type", "").strip().lower()
    if kind == "injected":
        if domain is None:
            raise QueryFailedError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {key}, the WHERE clause must contain only static "
                "equality conditions, and at least one such condition must be present.",
            )
        return sorted(domain)
    if kind == "enum":
        values = table.parameters.get(f"projection.{key}.values", "").split(",")
        return [value for value in values if domain is None or value in domain]
    raise QueryFailedError(
        "INVALID_TABLE_PROPERTY", f"the emulator projects injected and enum columns; {key} of {table.name} is '{kind}'"
    )


def _partition(table: GlueTable, values: tuple[tuple[str, str], ...]) -> Partition:
    folders = "".join(f"{key}=${{{key}}}/" for key in table.keys)
    address = table.parameters.get("storage.location.template") or f"{table.location.rstrip('/')}/{folders}"
    for key, value in values:
        address = address.replace(f"${{{key}}}", value)
    parts = urlsplit(address, allow_fragments=False)
    prefix = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Partition(parts.netloc, f"{prefix.strip('/')}/", values)
