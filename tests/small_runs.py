"""Runs planned without a back end, and their outcomes read without a query engine."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from workbench.compute.outcome import decode_outcome
from workbench.contract import Caps, Catalog, Manifest, plan_run
from workbench.contract.keys import outcomes_prefix

if TYPE_CHECKING:
    from workbench.runs.sweep import Sweep
    from workbench.storage import Store

__all__ = ["bits", "plan", "rows_of"]


def plan(sweep: Sweep, *, shard_size: int | None = None) -> Manifest:
    catalog = Catalog(experiments=(sweep.experiment.spec,))
    request = sweep.request(shard_size=shard_size)
    return plan_run(request, catalog, Caps(), created_by="tester", created_at="2026-01-01T00:00:00+00:00")


def rows_of(store: Store, manifest: Manifest) -> list[dict[str, Any]]:
    """Every record of every outcome, by row."""
    records: list[dict[str, Any]] = []
    for key in store.keys(outcomes_prefix(manifest.spec.name, manifest.run_id)):
        records += decode_outcome(store.get(key) or b"", manifest.spec, source=key).to_pylist()
    return sorted(records, key=lambda record: record["row_index"])


def bits(records: list[dict[str, Any]], manifest: Manifest) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Metrics by parameters and replicate, floats as their bytes."""
    parameters = [parameter.name for parameter in manifest.spec.parameters]
    metrics = [metric.name for metric in manifest.spec.metrics]
    return {
        (*(record[name] for name in parameters), record["replicate"]): (
            *(_bits(record[name]) for name in metrics),
            record["error_code"],
        )
        for record in records
    }


def _bits(value: Any) -> Any:
    return struct.pack("<d", value) if isinstance(value, float) else value
