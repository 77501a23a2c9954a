"""What travels: the request and its reply, the manifest that a run is described by, the task of a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.contract.catalog import ExperimentSpec
from workbench.contract.codec import Document
from workbench.contract.names import Include
from workbench.contract.sweep import SweepDocument
from workbench.space import ShardPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CancelReply",
    "CancelRequest",
    "Cancellation",
    "Dispatch",
    "ErrorBody",
    "ErrorDetail",
    "ErrorReply",
    "Manifest",
    "ResumeReply",
    "ResumeRequest",
    "Resumption",
    "RunReply",
    "RunRequest",
    "Task",
]


class RunRequest(Document, frozen=True, kw_only=True):
    """Body of ``POST /runs``.

    Parameters
    ----------
    sweep : SweepDocument
        What to evaluate.
    shard_size : int, optional
        Rows per shard; chosen by the service where it is missing.
    nonce : str
        Empty to find or create the one run of this sweep; anything else for a fresh run.
    run_id : str, optional
        A name for the run, ``<experiment>-<letters, digits, dashes>``; made from the sweep where it is missing.
    row_timeout_s : float, optional
        Seconds that one row may take; without it, the time limit of whoever evaluates it.
    row_seconds : float, optional
        What a row takes, as far as the client has measured it; the service chooses the shards by it.
    """

    sweep: SweepDocument
    shard_size: int | None = None
    nonce: str = ""
    run_id: str | None = None
    row_timeout_s: float | None = None
    row_seconds: float | None = None


class Manifest(Document, frozen=True, kw_only=True):
    """Everything about a run that is known when it starts; written once, never changed.

    Parameters
    ----------
    run_id, sweep_id : str
        Identity of the run and of what it evaluates.
    sweep : SweepDocument
        In conformed shape.
    spec : ExperimentSpec
        The experiment as it was deployed at that time.
    n_points, n_rows, n_shards, shard_size : int
        The plan.
    row_timeout_s : float or None
        Seconds that one row may take.
    created_at : str
        UTC, ISO 8601.
    created_by : str
        Who submitted it: the caller's ARN in the cloud, the user's name on a laptop.
    """

    run_id: str
    sweep_id: str
    sweep: SweepDocument
    spec: ExperimentSpec
    n_points: int
    n_rows: int
    n_shards: int
    shard_size: int
    row_timeout_s: float | None = None
    created_at: str
    created_by: str

    @property
    def plan(self) -> ShardPlan:
        """The shards of the run."""
        return ShardPlan(n_rows=self.n_rows, shard_size=self.shard_size)


class Task(Document, frozen=True, kw_only=True):
    """What one child is asked to do: bring one shard of a run to its end.

    Parameters
    ----------
    run_id : str
        The run; its manifest says which rows the shard has.
    shard_id : int
        The shard.
    generation : int
        0 for the run's submission, one more for each resume.
    include : {'infra', 'all'}
        Which rows of an earlier failure are evaluated again.
    passes : int
        Which pass over the shard this is, from 1; later ones go on where the time limit ended the one before.
    """

    run_id: str
    shard_id: int
    generation: int = 0
    include: Include = "infra"
    passes: int = 1


class Dispatch(Document, frozen=True, kw_only=True):
    """What a parent asks of a copy of itself: to start the children of some shards.

    Parameters
    ----------
    run_id : str
        The run.
    shards : tuple of (int, int)
        Half-open ranges of shards.
    generation : int
        As of `Task`.
    include : {'infra', 'all'}
        As of `Task`.
    """

    run_id: str
    shards: tuple[tuple[int, int], ...]
    generation: int = 0
    include: Include = "infra"

    @property
    def tasks(self) -> Iterator[Task]:
        """One task for each shard."""
        for start, stop in self.shards:
            for shard_id in range(start, stop):
                yield Task(run_id=self.run_id, shard_id=shard_id, generation=self.generation, include=self.include)


class RunReply(Document, frozen=True, kw_only=True):
    """Answer to a submission that was accepted, or found its run."""

    run_id: str
    created: bool
    n_points: int
    n_rows: int
    n_shards: int
    shard_size: int


class ResumeRequest(Document, frozen=True, kw_only=True):
    """Body of ``POST /runs/{run_id}/resume``.

    Parameters
    ----------
    include : {'infra', 'all'}
        Which failed rows to evaluate again: those that infrastructure failed, or those of the experiment's own errors
        too. Rows that are missing or cancelled always are.
    """

    include: Include = "infra"


class ResumeReply(Document, frozen=True, kw_only=True):
    """Answer to a resume.

    Parameters
    ----------
    run_id : str
        The run.
    generation : int
        The new one; the one before where there was nothing to do.
    missing, failed : int
        Shards dispatched: those without an outcome, and those with rows that are not good.
    """

    run_id: str
    generation: int
    missing: int
    failed: int


class CancelRequest(Document, frozen=True, kw_only=True):
    """Body of ``POST /runs/{run_id}/cancel``."""


class CancelReply(Document, frozen=True, kw_only=True):
    """Answer to a cancellation: the generation whose children stop."""

    run_id: str
    generation: int


class Resumption(Document, frozen=True, kw_only=True):
    """The control that begins a generation of a run: who resumed it, when, and what it includes."""

    by: str
    at: str
    include: Include


class Cancellation(Document, frozen=True, kw_only=True):
    """The control that ends a generation of a run: who cancelled it, and when."""

    by: str
    at: str


class ErrorDetail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault of a request."""

    path: str
    message: str


class ErrorBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What went wrong: a name for programs, a sentence for people, every fault with its path."""

    code: str
    message: str
    details: tuple[ErrorDetail, ...] = ()


class ErrorReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The one shape of every error that the service answers."""

    error: ErrorBody
    request_id: str
