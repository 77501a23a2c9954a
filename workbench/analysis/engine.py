"""What every query engine is: it runs a query and answers with a frame whose types do not depend on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.analysis.sql import Query

__all__ = ["QueryEngine", "frame_of"]


class QueryEngine(Protocol):
    """Runs the SQL builder's queries over the outcomes of a run."""

    def query(self, query: Query) -> pd.DataFrame:
        """Run a query.

        Parameters
        ----------
        query : Query
            The statement and its values.

        Returns
        -------
        DataFrame
            Columns of int64, float64, bool, str or datetime64[us]; an int64 column with NULLs becomes float64.

        Raises
        ------
        QueryError
            If the engine cannot answer; the message says what to do.
        """
        ...

    def over(self, run_ids: Sequence[str]) -> QueryEngine:
        """Return the engine for questions over several runs of the experiment."""
        ...


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Turn an engine's answer into a frame with the few types that engines agree on.

    Parameters
    ----------
    table : pyarrow.Table
        The answer.

    Returns
    -------
    DataFrame
        The same columns and rows.

    Raises
    ------
    QueryError
        If a column holds something else than numbers, truth values, text and times, or a number of more than 64 bits.
    """
    schema = pa.schema([(field.name, _agreed_type(field)) for field in table.schema])
    try:
        frame: pd.DataFrame = table.cast(schema).to_pandas()
    except pa.ArrowInvalid as error:
        raise QueryError(
            f"the answer does not fit into a frame: {error}\nCast that column to double in the SQL"
        ) from error
    return frame


def _agreed_type(field: pa.Field) -> pa.DataType:
    given = field.type
    # DuckDB's sums of integers are decimals without a fraction.
    if pa.types.is_integer(given) or (pa.types.is_decimal(given) and given.scale == 0):
        return pa.int64()
    if pa.types.is_floating(given) or pa.types.is_decimal(given):
        return pa.float64()
    if pa.types.is_timestamp(given) or pa.types.is_date(given):
        return pa.timestamp("us")
    if any(is_kind(given) for is_kind in (pa.types.is_boolean, pa.types.is_string, pa.types.is_null)):
        return given
    raise QueryError(f"column {field.name!r} is {given}, which not every engine has: cast it to varchar in the SQL")
