"""Streams the rows of a run that count out of its outcome files, as they are and without a query engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.analysis.checks import check_names
from workbench.compute.outcome import decode_outcome, outcome_schema
from workbench.contract.keys import parse_outcome_key
from workbench.errors import OutcomeError, QueryError
from workbench.runs.status import list_landed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.contract import Manifest
    from workbench.storage import Store

__all__ = ["counting_outcomes", "rows"]


def rows(store: Store, manifest: Manifest, *, columns: Sequence[str] | None = None) -> Any:
    """Stream the rows of a run that count, those of one shard after the other.

    Each outcome file is fetched when its turn comes and forgotten behind it: what is held is one file.

    Parameters
    ----------
    store : Store
        Where the outcomes lie.
    manifest : Manifest
        Of the run.
    columns : sequence of str, optional
        Which columns, in which order; all of the outcome files by default.

    Returns
    -------
    pyarrow.RecordBatchReader
        An iterator over record batches in the declared schema; its ``read_all()`` and ``read_pandas()`` take them all.
        Failed rows are there too, with an ``error_code``; shards that have left no outcome yet are not.

    Raises
    ------
    QueryError
        If a column is unknown or repeated, or none is named.
    OutcomeError
        While it streams: if an outcome is damaged, or was removed meanwhile.
    """
    declared = outcome_schema(manifest.spec)
    if columns is not None:
        if not columns:
            raise QueryError(f"columns: name at least one of {', '.join(map(repr, declared.names))}")
        check_names("columns", columns, declared.names)
    names = declared.names if columns is None else list(columns)
    schema = pa.schema([declared.field(name) for name in names])
    return pa.RecordBatchReader.from_batches(schema, _batches(store, manifest, names))


def counting_outcomes(store: Store, manifest: Manifest) -> list[str]:
    """List the outcomes whose rows count: of each shard its success, or the failure where there is no success.

    Parameters
    ----------
    store : Store
        Where the outcomes lie.
    manifest : Manifest
        Of the run.

    Returns
    -------
    list of str
        Their keys, by shard.
    """
    chosen: dict[int, str] = {}
    for key in list_landed(store, manifest).outcomes:
        outcome = parse_outcome_key(key)
        if outcome and (outcome.status == "success" or outcome.shard_id not in chosen):
            chosen[outcome.shard_id] = key
    return [key for _, key in sorted(chosen.items())]


def _batches(store: Store, manifest: Manifest, names: list[str]) -> Iterator[Any]:
    for key in counting_outcomes(store, manifest):
        data = store.get(key)
        if data is None:
            raise OutcomeError(f"{key} was removed while the rows were read: resume the run, then read them again")
        yield from decode_outcome(data, manifest.spec, source=key).select(names).to_batches()
