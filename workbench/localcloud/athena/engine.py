"""Run one query: find its tables, read the partitions that each reference wants, let DuckDB answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from workbench.localcloud.athena.dialect import UNNAMED, to_duckdb
from workbench.localcloud.athena.failures import QueryFailedError, ScanLimitError
from workbench.localcloud.athena.hive import trino_type
from workbench.localcloud.athena.projection import wanted_partitions
from workbench.localcloud.athena.references import TableReference, column_position, table_references
from workbench.localcloud.athena.refusals import failure_of
from workbench.localcloud.athena.results import Result, ResultColumn, texts
from workbench.localcloud.athena.scan import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

    from workbench.localcloud.athena.projection import GlueTable, Partition
    from workbench.localcloud.athena.scan import Catalog, StoredObject
    from workbench.localcloud.athena.statement import Statement

__all__ = ["Query"]

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "integer_division": "true",
}
_Scan = tuple[tuple["Partition", tuple["StoredObject", ...]], ...]


class Query:
    """One query on its way through DuckDB.

    Parameters
    ----------
    statement : Statement
        What to run.
    parameters : sequence of str
        Constants for its placeholders.
    database : str
        The database of tables that name none.
    catalog : Catalog
        Where tables and objects come from.
    scan_limit : int or None
        Bytes that it may read.
    """

    def __init__(
        self,
        statement: Statement,
        parameters: Sequence[str],
        *,
        database: str,
        catalog: Catalog,
        scan_limit: int | None,
    ) -> None:
        self._statement = statement
        self._parameters = parameters
        self._database = database
        self._catalog = catalog
        self._scan_limit = scan_limit
        # A connection must not be interrupted while its own thread closes it.
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def run(self) -> Result:
        """Answer the query; blocks.

        Returns
        -------
        Result
            Columns, rows and bytes read.

        Raises
        ------
        QueryFailedError
            When it cannot be answered.
        ScanLimitError
            When it would read more than it may.
        """
        tree = self._statement.bind(self._parameters)
        references = table_references(tree, database=self._database)
        relations, scanned = self._relations(references, names=_mentioned(tree))
        schema = {}
        for number, (reference, (table, _)) in enumerate(zip(references, relations, strict=True)):
            schema[f"relation_{number}"] = {name: trino_type(of) for name, of in (table.columns | table.keys).items()}
            _point_at(reference.node, f"relation_{number}")
        for column in tree.find_all(exp.Column):
            column.set("db", None)
            column.set("catalog", None)
        return self._answer(to_duckdb(tree, schema=schema), [rows for _, rows in relations], scanned)

    def cancel(self) -> None:
        """End the query early, where DuckDB already has it."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()

    def _relations(
        self, references: Sequence[TableReference], *, names: AbstractSet[str] | None
    ) -> tuple[list[tuple[GlueTable, pa.Table]], int]:
        tables = [self._table(reference) for reference in references]
        scans: list[_Scan] = []
        for table, reference in zip(tables, references, strict=True):
            partitions = wanted_partitions(table, reference.domains)
            scans.append(tuple((partition, self._catalog.objects(partition)) for partition in partitions))
        scanned = sum(stored.size for scan in scans for _, found in scan for stored in found)
        if self._scan_limit is not None and scanned > self._scan_limit:
            raise ScanLimitError(scanned)
        read: dict[tuple[str, str, _Scan], pa.Table] = {}
        for table, scan in zip(tables, scans, strict=True):
            key = (table.database, table.name, scan)
            if key not in read:
                read[key] = read_table(table, scan, names=names, catalog=self._catalog)
        return [
            (table, read[table.database, table.name, scan]) for table, scan in zip(tables, scans, strict=True)
        ], scanned

    def _table(self, reference: TableReference) -> GlueTable:
        table = self._catalog.table(reference.database, reference.name)
        if table is None:
            place = column_position(self._statement.tree, reference.name)
            name = f"awsdatacatalog.{reference.database}.{reference.name}"
            raise QueryFailedError("TABLE_NOT_FOUND", f"{place}: Table '{name}' does not exist")
        return table

    def _answer(self, sql: str, relations: list[pa.Table], scanned: int) -> Result:
        with duckdb.connect(":memory:", config=_SETTINGS) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for number, rows in enumerate(relations):
                connection.register(f"relation_{number}", rows)
            self._connection = connection
            try:
                answer = connection.sql(sql)
                names, types = answer.columns, [str(of) for of in answer.types]
                table = answer.to_arrow_table()
            except duckdb.Error as error:
                raise failure_of(error, self._statement.tree) from error
            finally:
                with self._lock:
                    self._connection = None
        unnamed = isinstance(self._statement.tree, exp.Values)
        columns = (
            ResultColumn.of(f"_col{place}" if unnamed or name.startswith(UNNAMED) else name, of)
            for place, (name, of) in enumerate(zip(names, types, strict=True))
        )
        rows = zip(*(texts(column) for column in table.columns), strict=True)
        return Result(tuple(columns), list(rows), scanned)


def _mentioned(tree: exp.Expr) -> frozenset[str] | None:
    """Every name in the query, which includes its columns; None where a star means all of them."""
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return None
    return frozenset(identifier.name.lower() for identifier in tree.find_all(exp.Identifier))


def _point_at(node: exp.Table, relation: str) -> None:
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
    node.set("this", exp.to_identifier(relation))
    node.set("db", None)
    node.set("catalog", None)
