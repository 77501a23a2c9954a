"""How a shard ends: what is there already is read, joined with what is new, written, and reported.

A success is written once and never again. A failure outcome may be replaced by a better one, by compare-and-swap: two
workers on the same shard, whatever sent them both, lose no good row of each other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from workbench.compute.outcome import decode_outcome, encode_outcome, error_counts, merge_outcomes
from workbench.contract import ErrorCode
from workbench.contract.keys import ReportKey, outcome_key, report_key, shard_reports_prefix
from workbench.errors import OutcomeError, StorageError
from workbench.storage.controls import find_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.contract import Manifest, Status
    from workbench.storage import Store, Stored

__all__ = ["ShardEnd", "ShardReport"]

logger = logging.getLogger(__name__)

_TRIES: Final = 20


@dataclass(frozen=True, kw_only=True)
class ShardReport:
    """What became of a shard.

    Parameters
    ----------
    shard_id : int
        Which one.
    status : {'success', 'failure'}
        Of its outcome.
    rows, failed, cancelled, unfinished : int
        Rows of the shard; of them those with an error, those that a cancellation left undone, and those that wait for
        another pass.
    duplicate : bool
        Whether a success was there already, and nothing was written.
    """

    shard_id: int
    status: Status
    rows: int
    failed: int = 0
    cancelled: int = 0
    unfinished: int = 0
    duplicate: bool = False


class ShardEnd:
    """The objects that one shard of a run leaves in a store.

    Parameters
    ----------
    store : Store
        Where they lie.
    manifest : Manifest
        Of the run.
    shard_id : int
        The shard.
    """

    def __init__(self, store: Store, manifest: Manifest, shard_id: int) -> None:
        self._store = store
        self._manifest = manifest
        self._shard_id = shard_id
        start, stop = manifest.plan.bounds(shard_id)
        self._n_rows = stop - start
        self._overtaken = False

    def found_success(self) -> ShardReport | None:
        """Report the success that is there already, if there is one."""
        if self._store.get(self._key("success")) is None:
            return None
        return ShardReport(shard_id=self._shard_id, status="success", rows=self._n_rows, duplicate=True)

    def failure(self) -> Any | None:
        """Read the failure outcome; None where there is none."""
        return self._decoded(self._store.read(self._key("failure")))

    def leave(self, new: Any) -> Any:
        """Join new rows with those that are there, and write the outcome.

        Parameters
        ----------
        new : pyarrow.Table
            Rows of the shard; those that it lacks must be there already.

        Returns
        -------
        pyarrow.Table
            All rows of the shard, as they now stand.

        Raises
        ------
        StorageError
            If the outcome cannot be written.
        """
        key = self._key("failure")
        for _ in range(_TRIES):
            found = self._store.read(key)
            old = self._decoded(found)
            table = new if old is None else merge_outcomes(old, new)
            data = encode_outcome(table, self._manifest.spec)
            if table["error_code"].null_count == len(table):
                self._overtaken = not self._store.put(self._key("success"), data, if_absent=True)
                return table
            written = (
                self._store.put(key, data, if_version=found.version)
                if found
                else self._store.put(key, data, if_absent=True)
            )
            if written:
                return table
        raise StorageError(
            f"{key} is changed by others faster than it can be replaced: another delivery will try again"
        )

    def report(self, table: Any, *, generation: int, final: bool = True) -> ShardReport:
        """Say how the shard stands, and where it is over with rows that are not good, leave a report of that.

        Parameters
        ----------
        table : pyarrow.Table
            As `leave` returned it, or the failure outcome.
        generation : int
            Of the run.
        final : bool
            Whether no further pass follows.

        Returns
        -------
        ShardReport
        """
        errors = error_counts(table)
        bad = errors.total()
        cancelled, unfinished = errors[ErrorCode.CANCELLED], errors[ErrorCode.DEADLINE]
        if bad and final:
            for reported in self._reported(generation):
                ended = ReportKey(self._manifest.run_id, reported, self._shard_id, bad - cancelled, cancelled)
                self._store.put(report_key(ended), b"")
        return ShardReport(
            shard_id=self._shard_id,
            status="failure" if bad else "success",
            rows=len(table),
            failed=bad - cancelled - unfinished,
            cancelled=cancelled,
            unfinished=unfinished,
            duplicate=self._overtaken,
        )

    def _reported(self, generation: int) -> Iterator[int]:
        """Yield the generations to report to: the worker's own, and a later one in which the shard has ended before."""
        yield generation
        run_id = self._manifest.run_id
        latest = find_controls(self._store, run_id).generation
        if latest > generation and any(self._store.keys(shard_reports_prefix(run_id, latest, self._shard_id))):
            yield latest

    def _decoded(self, found: Stored | None) -> Any | None:
        if found is None:
            return None
        try:
            return decode_outcome(found.data, self._manifest.spec, source=self._key("failure"))
        except OutcomeError as error:
            # No worker of ours leaves such a thing; the bucket keeps the version that is replaced.
            logger.warning("%s: its rows are evaluated again", error)
            return None

    def _key(self, status: Status) -> str:
        return outcome_key(self._manifest.spec.name, self._manifest.run_id, status, self._shard_id)
