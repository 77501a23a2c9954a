"""Runs queries with DuckDB over the outcome files of runs in a local folder."""

from __future__ import annotations

import os
from glob import escape
from typing import TYPE_CHECKING, Final

import duckdb
from duckdb import ColumnExpression, ConstantExpression

from workbench.analysis.engine import frame_of
from workbench.contract import PARTITION_COLUMNS, STATUSES, ColumnType, outcome_columns, table_name
from workbench.contract.keys import outcomes_prefix, parse_outcome_key
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.analysis.sql import Query
    from workbench.contract import ExperimentSpec, Status

__all__ = ["DuckEngine", "connect_ahead"]

_TYPES: Final[dict[ColumnType, str]] = {
    "bigint": "BIGINT",
    "int": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
}

# A query reads the run's files and nothing else: no extension is fetched, on any machine.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Nor does a name in a statement mean a variable of this process.
    "python_enable_replacements": False,
    # As Athena has it.
    "integer_division": True,
}
_OF_THE_STATEMENT: Final = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


# For the next question, by the process that opened it: in one that is forked from it, its threads do not exist.
_spare: Final[dict[int, duckdb.DuckDBPyConnection]] = {}


def connect_ahead() -> None:
    """Open the connection of the next question, so that it does not wait for it."""
    if os.getpid() not in _spare:
        _spare[os.getpid()] = _connect()


class DuckEngine:
    """Queries the outcomes of runs under a folder that is laid out like the bucket.

    Parameters
    ----------
    root : Path
        The folder.
    spec : ExperimentSpec
        Their experiment.
    *run_ids : str
        The runs.
    """

    def __init__(self, root: Path, spec: ExperimentSpec, *run_ids: str) -> None:
        self._root = root
        self._spec = spec
        self._run_ids = run_ids

    def query(self, query: Query) -> pd.DataFrame:
        """Run a query over the outcomes that are there by now.

        Parameters
        ----------
        query : Query
            The statement and its values; it sees the one table of the run's experiment.

        Returns
        -------
        DataFrame
            As `QueryEngine` says.

        Raises
        ------
        QueryError
            If an outcome cannot be read or DuckDB refuses the statement.
        """
        try:
            with _spare.pop(os.getpid(), None) or _connect() as connection:
                self._define_table(connection)
                return _answer(connection, query)
        except (duckdb.Error, OSError) as error:
            raise QueryError(
                f"DuckDB cannot answer over run {', '.join(map(repr, self._run_ids))} in {self._root}: {error}\n"
                "If an outcome is damaged, remove that file and resume the run."
            ) from error

    def over(self, run_ids: Sequence[str]) -> DuckEngine:
        """Return the engine for other runs of the folder; see `QueryEngine.over`."""
        return DuckEngine(self._root, self._spec, *run_ids)

    def _define_table(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Define the experiment's table with the declared columns and types.

        The partition columns are constants: of a status that a query leaves out, nothing is scanned.
        """
        columns = outcome_columns(self._spec)
        typed = ", ".join(
            f'NULL::{_TYPES[column.type]} AS "{column.name}"' for column in (*columns, *PARTITION_COLUMNS)
        )
        parts = [f"SELECT {typed} WHERE false"]
        for number, run_id in enumerate(self._run_ids):
            for status, files in self._files(run_id):
                # No globbing: a folder may have any name.
                found = connection.read_parquet([escape(file) for file in files], hive_partitioning=False)
                selected = [ColumnExpression(column.name) for column in columns]
                view = f"{status}_{number}"
                found.select(*selected, ConstantExpression(run_id), ConstantExpression(status)).create_view(view)
                parts.append(f"FROM {view}")
        connection.execute(f'CREATE VIEW "{table_name(self._spec.name)}" AS {" UNION ALL ".join(parts)}')

    def _files(self, run_id: str) -> Iterator[tuple[Status, list[str]]]:
        for status in STATUSES:
            folder = self._root / outcomes_prefix(self._spec.name, run_id) / f"status={status}"
            found = sorted(folder.glob("*.parquet"))
            keys = [path for path in found if parse_outcome_key(path.relative_to(self._root).as_posix())]
            if keys:
                yield status, [str(path) for path in keys]


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config=_CONFIG)


def _answer(connection: duckdb.DuckDBPyConnection, query: Query) -> pd.DataFrame:
    try:
        answer = connection.sql(query.sql, params=list(query.parameters))
    except _OF_THE_STATEMENT as error:
        raise QueryError(f"DuckDB refuses the statement: {error}") from error
    return frame_of(answer.to_arrow_table())
