"""Where a run stands, from the keys of its outcomes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.contract.keys import parse_outcome_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contract import Manifest

__all__ = ["RunState", "RunStatus", "run_status"]

RunState: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED"]


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """How many shards have reported, and how.

    Parameters
    ----------
    state : {'RUNNING', 'SUCCEEDED', 'FAILED'}
        RUNNING while shards are missing; then SUCCEEDED where every row is good, else FAILED.
    shards, succeeded, failed, missing : int
        Shards of the run; those whose rows are all good; those with rows that are not; those without an outcome.
    rows, rows_reported : int
        Rows of the run, and those of the shards that have reported.
    """

    state: RunState
    shards: int
    succeeded: int
    failed: int
    missing: int
    rows: int
    rows_reported: int

    @property
    def reported(self) -> int:
        """Shards that left an outcome."""
        return self.succeeded + self.failed

    def __str__(self) -> str:
        parts = [f"{self.reported:,} of {self.shards:,} shards", f"{self.rows_reported:,} of {self.rows:,} rows"]
        if self.failed:
            parts.append(f"{self.failed:,} shards with failed rows")
        return f"{self.state}: {', '.join(parts)}"


def run_status(manifest: Manifest, keys: Iterable[str]) -> RunStatus:
    """Count the outcomes of a run.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    keys : iterable of str
        Keys below the run's prefix.

    Returns
    -------
    RunStatus
    """
    outcomes = [outcome for key in keys if (outcome := parse_outcome_key(key))]
    good = {outcome.shard_id for outcome in outcomes if outcome.status == "success"}
    bad = {outcome.shard_id for outcome in outcomes if outcome.status == "failure"} - good
    plan = manifest.plan
    reported = sum(stop - start for start, stop in map(plan.bounds, good | bad))
    missing = plan.n_shards - len(good) - len(bad)
    state: RunState = "RUNNING" if missing else "FAILED" if bad else "SUCCEEDED"
    return RunStatus(
        state=state,
        shards=plan.n_shards,
        succeeded=len(good),
        failed=len(bad),
        missing=missing,
        rows=manifest.n_rows,
        rows_reported=reported,
    )
