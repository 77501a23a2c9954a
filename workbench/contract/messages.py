"""What travels: the request and its reply, the manifest that a run is described by, the task of a child."""

from __future__ import annotations

import msgspec

from workbench.contract.catalog import ExperimentSpec
from workbench.contract.codec import Document
from workbench.contract.sweep import SweepDocument
from workbench.space import ShardPlan

__all__ = ["ErrorBody", "ErrorDetail", "ErrorReply", "Manifest", "RunReply", "RunRequest", "Task"]


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
    """

    sweep: SweepDocument
    shard_size: int | None = None
    nonce: str = ""


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
    created_at: str
    created_by: str

    @property
    def plan(self) -> ShardPlan:
        """The shards of the run."""
        return ShardPlan(n_rows=self.n_rows, shard_size=self.shard_size)


class Task(Document, frozen=True, kw_only=True):
    """What one child is asked to do: evaluate the positions from `start` to `stop` of a run."""

    run_id: str
    shard_id: int
    start: int
    stop: int


class RunReply(Document, frozen=True, kw_only=True):
    """Answer to a submission that was accepted, or found its run."""

    run_id: str
    created: bool
    n_points: int
    n_rows: int
    n_shards: int
    shard_size: int


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
