"""The outcome file: rows and results as an Arrow table of the declared schema, in zstd-compressed Parquet."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.compute.arrays import ARROW_TYPES, repeated_array, value_array
from workbench.contract import INFRASTRUCTURE, SCHEMA_VERSION, ExperimentSpec, outcome_columns
from workbench.errors import OutcomeError

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from workbench.compute.results import Results
    from workbench.compute.rows import ShardRows

__all__ = [
    "column_values",
    "decode_outcome",
    "encode_outcome",
    "error_counts",
    "merge_outcomes",
    "outcome_schema",
    "outcome_table",
    "rows_with",
]

# The same text in every row of a pass.
_CONSTANT_TEXTS: Final = ("worker", "fingerprint")
_ENCODINGS: Final = {"row_index": "DELTA_BINARY_PACKED", "point_index": "DELTA_BINARY_PACKED"}


def outcome_schema(spec: ExperimentSpec) -> Any:
    """Return the Arrow schema of an experiment's outcomes.

    Parameters
    ----------
    spec : ExperimentSpec
        From the catalog.

    Returns
    -------
    pyarrow.Schema
    """
    repeated = pa.dictionary(pa.int32(), pa.string())
    # A failed row has no metrics, a good one no error; the rest every row has, which is cheaper to write and to read.
    nullable = {"error_code", "error_message", *(metric.name for metric in spec.metrics)}
    return pa.schema(
        pa.field(
            column.name,
            repeated if column.name in _CONSTANT_TEXTS else ARROW_TYPES[column.type],
            nullable=column.name in nullable,
        )
        for column in outcome_columns(spec)
    )


def outcome_table(
    spec: ExperimentSpec,
    rows: ShardRows,
    results: Results,
    *,
    shard_id: int,
    attempt: int,
    started_at: datetime,
    worker: str,
) -> Any:
    """Join rows and results into the table that a shard leaves behind.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    rows, results : ShardRows, Results
        Of the shard, in the same order.
    shard_id, attempt : int
        Which shard, and which delivery of it.
    started_at : datetime
        When the evaluation began, UTC.
    worker : str
        Who evaluated it.

    Returns
    -------
    pyarrow.Table
        One record per row of the shard, in the declared schema.
    """
    n_rows = len(rows)
    started = np.datetime64(started_at.replace(tzinfo=None), "ms").astype(np.int64)
    constants: dict[str, Any] = {
        "shard_id": shard_id,
        "attempt": attempt,
        "started_at": started,
        "worker": worker,
        "fingerprint": spec.fingerprint,
        "schema_version": SCHEMA_VERSION,
    }
    varying: dict[str, Any] = {
        "row_index": rows.row_index,
        "point_index": rows.point_index,
        "replicate": rows.replicate,
        "error_code": results.error_code,
        "error_message": results.error_message,
        "duration_ms": results.duration_ms,
        **rows.parameters,
        **results.metrics,
    }
    arrays = [
        repeated_array(column.type, constants[column.name], n_rows)
        if column.name in constants
        else value_array(column.type, varying[column.name], results.present.get(column.name))
        for column in outcome_columns(spec)
    ]
    return pa.Table.from_arrays(arrays, schema=outcome_schema(spec))


def merge_outcomes(old: Any, new: Any) -> Any:
    """Join two tables of one shard, row by row.

    A good row beats a failed one, a later attempt an earlier one, and at the same attempt the experiment's own error
    that of the infrastructure: a worker that is cancelled late takes nothing back from the one that followed it.

    Parameters
    ----------
    old, new : pyarrow.Table
        In the declared schema; each row at most once in each.

    Returns
    -------
    pyarrow.Table
        Every row of either, sorted by `row_index`.
    """
    both = pa.concat_tables([old, new])
    failed = ~rows_with(both, None)
    curable = np.logical_or.reduce([rows_with(both, code) for code in INFRASTRUCTURE])
    row_index = column_values(both, "row_index")
    # The last key counts most; where all are equal, what is there stays.
    order = np.lexsort((curable, -column_values(both, "attempt"), failed, row_index))
    ordered = row_index[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return both.take(value_array("bigint", order[first]))


def column_values(table: Any, name: str) -> NDArray[Any]:
    """Return a column of numbers without missing values."""
    values: NDArray[Any] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return values


def rows_with(table: Any, code: str | None) -> NDArray[np.bool_]:
    """Return where rows have an error code; None is that of good rows."""
    codes = table["error_code"]
    if codes.null_count == len(codes):
        return np.full(len(codes), code is None)
    return np.fromiter((found == code for found in codes.to_pylist()), dtype=np.bool_, count=len(codes))


def error_counts(table: Any) -> Counter[str]:
    """Return how many rows have each error code; good rows are not counted."""
    codes = table["error_code"]
    return Counter() if codes.null_count == len(codes) else Counter(codes.drop_null().to_pylist())


def encode_outcome(table: Any, spec: ExperimentSpec) -> bytes:
    """Write a table as Parquet.

    Parameters
    ----------
    table : pyarrow.Table
        As `outcome_table` returns it.
    spec : ExperimentSpec
        Its experiment.

    Returns
    -------
    bytes
    """
    parameters = {parameter.name for parameter in spec.parameters}
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        # Texts and parameters repeat. Metrics mostly differ from row to row, and the numbers of rows count up.
        use_dictionary=[
            column.name for column in outcome_columns(spec) if column.name in parameters or column.type == "string"
        ],
        column_encoding=_ENCODINGS,
        # Every shard is a sample of the whole space: whoever reads can pass over shards, and over those without errors.
        write_statistics=["shard_id", "error_code"],
        # Readers shall find texts, however they were held here.
        store_schema=False,
    )
    return sink.getvalue()


def decode_outcome(data: bytes, spec: ExperimentSpec, *, source: str) -> Any:
    """Read an outcome and hold it against the declared schema.

    Parameters
    ----------
    data : bytes
        Parquet.
    spec : ExperimentSpec
        The experiment that it must be of.
    source : str
        Its key, for the message.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    OutcomeError
        If it is no Parquet, or its columns are not the declared ones.
    """
    try:
        table = pq.ParquetFile(io.BytesIO(data), read_dictionary=_CONSTANT_TEXTS).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise OutcomeError(f"{source} is not a readable Parquet file: {error}") from error
    declared = outcome_schema(spec)
    if not table.schema.equals(declared):
        different = [
            f"{name} is {table.schema.field(name).type if name in table.schema.names else 'missing'}, "
            f"declared {declared.field(name).type if name in declared.names else 'nothing'}"
            for name in dict.fromkeys([*declared.names, *table.schema.names])
            if name not in table.schema.names
            or name not in declared.names
            or table.schema.field(name).type != declared.field(name).type
        ]
        raise OutcomeError(f"{source} does not have the schema of {spec.name}: {'; '.join(different) or 'other order'}")
    return table
