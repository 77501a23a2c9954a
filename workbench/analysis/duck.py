"""Runs queries with DuckDB over the outcome files of one run in a local folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from workbench.analysis.engine import frame_of
from workbench.contract import PARTITION_COLUMNS, ColumnType, outcome_columns, table_name
from workbench.contract.keys import outcomes_prefix, parse_outcome_key
from workbench.errors import QueryError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from workbench.analysis.sql import Query
    from workbench.contract import ExperimentSpec

__all__ = ["DuckEngine"]

_ARROW_TYPES: Final[dict[ColumnType, pa.DataType]] = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
}

# A query reads the run's files and nothing else: no extension is fetched, on any machine.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class DuckEngine:
    """Queries one run's outcomes under a folder that is laid out like the bucket.

    Parameters
    ----------
    root : Path
        The folder.
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.
    """

    def __init__(self, root: Path, spec: ExperimentSpec, run_id: str) -> None:
        self._root = root
        self._spec = spec
        self._run_id = run_id

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
            with duckdb.connect(":memory:", config=_CONFIG) as connection:
                connection.register(table_name(self._spec.name), self._outcomes())
                answer = connection.sql(query.sql, params=list(query.parameters))
                return frame_of(answer.to_arrow_table())
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise QueryError(
                f"DuckDB cannot answer over run {self._run_id!r} in {self._root}: {error}\n"
                "If an outcome is damaged, remove that file and resume the run."
            ) from error

    def _outcomes(self) -> ds.Dataset:
        """Return the run's files with the declared types; a column that a file lacks is NULL."""
        columns = (*outcome_columns(self._spec), *PARTITION_COLUMNS)
        schema = pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns])
        files = self._files()
        if not files:
            return ds.dataset(schema.empty_table())
        partitions = pa.schema([schema.field(column.name) for column in PARTITION_COLUMNS])
        return ds.dataset(
            files,
            schema=schema,
            format="parquet",
            partitioning=ds.partitioning(partitions, flavor="hive"),
            partition_base_dir=str(self._root),
        )

    def _files(self) -> list[str]:
        folder = self._root / outcomes_prefix(self._spec.name, self._run_id)
        found = sorted(folder.glob("status=*/*.parquet"))
        return [str(path) for path in found if parse_outcome_key(path.relative_to(self._root).as_posix())]
