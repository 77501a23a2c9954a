"""What every query engine is: it runs a query and answers with a frame whose types do not depend on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:
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
    """
    schema = pa.schema([(field.name, _agreed_type(field.type)) for field in table.schema])
    frame: pd.DataFrame = table.cast(schema).to_pandas()
    return frame


def _agreed_type(given: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(given):
        return pa.int64()
    if pa.types.is_floating(given) or pa.types.is_decimal(given):
        return pa.float64()
    if pa.types.is_timestamp(given):
        return pa.timestamp("us")
    return given
