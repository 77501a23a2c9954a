"""Where a run stands, from keys alone: its controls, its outcomes, and the reports of its latest generation.

A shard has ended where it has a success, or a report of the latest generation; the report's key says how many of its
rows failed or were cancelled. A failure outcome without such a report is partial: a shard between two passes, or one
that is being resumed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from workbench.contract import Controls, read_controls
from workbench.contract.keys import (
    controls_prefix,
    outcomes_prefix,
    parse_outcome_key,
    parse_report_key,
    reports_prefix,
)

if TYPE_CHECKING:
    from workbench.contract import Manifest
    from workbench.storage import Store

__all__ = [
    "Counts",
    "Landed",
    "RunState",
    "RunStatus",
    "ShardState",
    "list_landed",
    "missing_shards",
    "run_status",
    "shard_states",
    "shards_without_success",
]

RunState: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED"]
ShardState: TypeAlias = Literal["succeeded", "failed", "cancelled", "partly done", "missing"]

_FIRST: Final = 5  # missing shards that are named


class Landed(NamedTuple):
    """The keys of a run that have landed: all its outcomes, and the reports of its latest generation."""

    controls: Controls
    outcomes: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def list_landed(store: Store, manifest: Manifest) -> Landed:
    """List what a run has left in a store so far; nothing is read.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    manifest : Manifest
        Of the run.

    Returns
    -------
    Landed
    """
    controls = read_controls(store.keys(controls_prefix(manifest.run_id)))
    # Reports first: a shard that ends with a success in between is then seen as such.
    reports = tuple(store.keys(reports_prefix(manifest.run_id, controls.generation)))
    outcomes = tuple(store.keys(outcomes_prefix(manifest.spec.name, manifest.run_id)))
    return Landed(controls, outcomes, reports)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many shards, or rows, there are of each kind; the four kinds add up to `expected`.

    Parameters
    ----------
    expected : int
        Those of the plan.
    succeeded : int
        Good rows; shards all of whose rows are good.
    failed : int
        Rows with an error; shards with such rows and none that is cancelled.
    cancelled : int
        Rows that a cancellation left undone; shards with such rows.
    missing : int
        Those of shards that have not ended in the latest generation.
    """

    expected: int
    succeeded: int
    failed: int
    cancelled: int
    missing: int

    @property
    def ended(self) -> int:
        """Those of shards that have ended."""
        return self.expected - self.missing


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """Where a run stands; the words are those of Step Functions' ``DescribeMapRun``.

    Parameters
    ----------
    state : {'RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'}
        RUNNING while shards are missing; then ABORTED where rows were cancelled, else FAILED where rows failed, else
        SUCCEEDED.
    shards, rows : Counts
        The numbers of both; the rows of a shard that has ended are exact, those of one that has not are missing.
    unfinished : int
        Missing shards that have left a partial outcome.
    first_missing : tuple of int
        The first few missing shards.
    generation : int
        How often the run was resumed.
    """

    state: RunState
    shards: Counts
    rows: Counts
    unfinished: int = 0
    first_missing: tuple[int, ...] = ()
    generation: int = 0

    def __str__(self) -> str:
        kinds = (("shards", self.shards), ("rows", self.rows))
        parts = [f"{counts.ended:,} of {counts.expected:,} {name}" for name, counts in kinds]
        parts += [
            f"{number:,} {what}"
            for number, what in (
                (self.rows.failed, "rows failed"),
                (self.rows.cancelled, "rows cancelled"),
                (self.unfinished, "shards partly done"),
                (self.generation, "times resumed"),
            )
            if number
        ]
        return f"{self.state}: {', '.join(parts)}"

    def __repr__(self) -> str:
        return f"<{self}>"


def run_status(manifest: Manifest, landed: Landed) -> RunStatus:
    """Count the shards and rows of a run.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    landed : Landed
        Its keys.

    Returns
    -------
    RunStatus
    """
    plan = manifest.plan
    states = shard_states(manifest, landed)
    number = Counter(states)
    missing = [shard_id for shard_id, state in enumerate(states) if state in {"partly done", "missing"}]
    shards = Counts(
        expected=plan.n_shards,
        succeeded=number["succeeded"],
        failed=number["failed"],
        cancelled=number["cancelled"],
        missing=len(missing),
    )
    endings = _endings(landed)
    bad = [endings[shard_id] for shard_id, state in enumerate(states) if state in {"failed", "cancelled"}]
    failed, cancelled = (sum(ending[kind] for ending in bad) for kind in (0, 1))
    missing_rows = sum(stop - start for start, stop in map(plan.bounds, missing))
    rows = Counts(
        expected=plan.n_rows,
        succeeded=plan.n_rows - failed - cancelled - missing_rows,
        failed=failed,
        cancelled=cancelled,
        missing=missing_rows,
    )
    return RunStatus(
        state="RUNNING" if missing else "ABORTED" if cancelled else "FAILED" if bad else "SUCCEEDED",
        shards=shards,
        rows=rows,
        unfinished=number["partly done"],
        first_missing=tuple(missing[:_FIRST]),
        generation=landed.controls.generation,
    )


def shard_states(manifest: Manifest, landed: Landed) -> list[ShardState]:
    """Say how each shard of a run stands.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    landed : Landed
        Its keys.

    Returns
    -------
    list of {'succeeded', 'failed', 'cancelled', 'partly done', 'missing'}
        One for each shard, in order: all its rows are good; it has ended with failed rows, or with cancelled ones; it
        has not ended, and has left a partial outcome, or nothing.
    """
    endings = _endings(landed)
    states: list[ShardState] = ["succeeded"] * manifest.n_shards
    partial = {parsed.shard_id for key in landed.outcomes if (parsed := parse_outcome_key(key))}
    for shard_id in shards_without_success(manifest, landed):
        if shard_id in endings:
            _, cancelled = endings[shard_id]
            states[shard_id] = "cancelled" if cancelled else "failed"
        else:
            states[shard_id] = "partly done" if shard_id in partial else "missing"
    return states


def shards_without_success(manifest: Manifest, landed: Landed) -> list[int]:
    """Shards that a resume evaluates again: those without a success outcome.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    landed : Landed
        Its keys.

    Returns
    -------
    list of int
    """
    outcomes = (parsed for key in landed.outcomes if (parsed := parse_outcome_key(key)))
    good = {outcome.shard_id for outcome in outcomes if outcome.status == "success"}
    return [shard_id for shard_id in range(manifest.n_shards) if shard_id not in good]


def missing_shards(manifest: Manifest, landed: Landed) -> list[int]:
    """Shards that have not ended in the latest generation of a run; parameters as of `shards_without_success`."""
    endings = _endings(landed)
    return [shard_id for shard_id in shards_without_success(manifest, landed) if shard_id not in endings]


def _endings(landed: Landed) -> dict[int, tuple[int, int]]:
    """Failed and cancelled rows of each shard that has reported; of several reports the one with the most good rows."""
    endings: dict[int, tuple[int, int]] = {}
    for key in landed.reports:
        report = parse_report_key(key)
        if report is None or report.generation != landed.controls.generation:
            continue
        ending = (report.failed, report.cancelled)
        endings[report.shard_id] = min(endings.get(report.shard_id, ending), ending, key=sum)
    return endings
