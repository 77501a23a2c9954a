"""Every key of the bucket, written and read in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from workbench.contract.columns import Status

__all__ = [
    "ATHENA_PREFIX",
    "MANIFESTS_PREFIX",
    "OUTCOMES_PREFIX",
    "OutcomeKey",
    "manifest_key",
    "outcome_key",
    "outcomes_prefix",
    "parse_outcome_key",
    "run_id_of_manifest",
    "table_prefix",
]

ATHENA_PREFIX: Final = "athena/"
MANIFESTS_PREFIX: Final = "manifests/"
OUTCOMES_PREFIX: Final = "outcomes/"

_OUTCOME = re.compile(
    r"outcomes/experiment=(?P<experiment>[^/]+)/run_id=(?P<run_id>[^/]+)/"
    r"status=(?P<status>success|failure)/shard-(?P<shard_id>\d{6,})\.parquet"
)


class OutcomeKey(NamedTuple):
    """What the key of an outcome says."""

    experiment: str
    run_id: str
    status: Status
    shard_id: int


def manifest_key(run_id: str) -> str:
    """Key of a run's manifest."""
    return f"{MANIFESTS_PREFIX}{run_id}.json"


def run_id_of_manifest(key: str) -> str:
    """Run that a manifest's key names."""
    return key.removeprefix(MANIFESTS_PREFIX).removesuffix(".json")


def table_prefix(experiment: str) -> str:
    """Prefix of every outcome of an experiment: the location of its table."""
    return f"{OUTCOMES_PREFIX}experiment={experiment}/"


def outcomes_prefix(experiment: str, run_id: str) -> str:
    """Prefix of every outcome of a run."""
    return f"{table_prefix(experiment)}run_id={run_id}/"


def outcome_key(experiment: str, run_id: str, status: Status, shard_id: int) -> str:
    """Key of the outcome of one shard."""
    return f"{outcomes_prefix(experiment, run_id)}status={status}/shard-{shard_id:06d}.parquet"


def parse_outcome_key(key: str) -> OutcomeKey | None:
    """Read an outcome's key; None where the key is of something else."""
    if not (match := _OUTCOME.fullmatch(key)):
        return None
    status = cast("Status", match["status"])
    return OutcomeKey(match["experiment"], match["run_id"], status, int(match["shard_id"]))
