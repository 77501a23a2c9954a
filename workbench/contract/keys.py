"""Every key of the bucket, written and read in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from workbench.contract.columns import Status

__all__ = [
    "ATHENA_PREFIX",
    "CONTROLS_PREFIX",
    "MANIFESTS_PREFIX",
    "OUTCOMES_PREFIX",
    "REPORTS_PREFIX",
    "TAGS_PREFIX",
    "Control",
    "ControlKey",
    "OutcomeKey",
    "ReportKey",
    "control_key",
    "controls_prefix",
    "manifest_key",
    "outcome_key",
    "outcomes_prefix",
    "parse_control_key",
    "parse_outcome_key",
    "parse_report_key",
    "report_key",
    "reports_prefix",
    "run_id_of_manifest",
    "shard_reports_prefix",
    "table_prefix",
    "tags_key",
]

ATHENA_PREFIX: Final = "athena/"
CONTROLS_PREFIX: Final = "controls/"
MANIFESTS_PREFIX: Final = "manifests/"
OUTCOMES_PREFIX: Final = "outcomes/"
REPORTS_PREFIX: Final = "reports/"
TAGS_PREFIX: Final = "tags/"

Control: TypeAlias = Literal["dispatched", "resumed", "cancelled"]

_CONTROL = re.compile(
    r"controls/(?P<run_id>[^/]+)/(?P<generation>\d{4,})/(?P<control>dispatched|resumed|cancelled)\.json"
)
_REPORT = re.compile(
    r"reports/(?P<run_id>[^/]+)/(?P<generation>\d{4,})/shard-(?P<shard_id>\d{6,})-(?P<failed>\d+)-(?P<cancelled>\d+)"
)

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


class ControlKey(NamedTuple):
    """What the key of a control says: that a generation of a run was dispatched, begun by a resume, or cancelled."""

    run_id: str
    generation: int
    control: Control


class ReportKey(NamedTuple):
    """What the key of a report says: that a shard ended, in a generation, with rows that are not good.

    ``failed`` counts the rows with an error, ``cancelled`` those that a cancelled run left undone.
    """

    run_id: str
    generation: int
    shard_id: int
    failed: int
    cancelled: int


def manifest_key(run_id: str) -> str:
    """Key of a run's manifest."""
    return f"{MANIFESTS_PREFIX}{run_id}.json"


def run_id_of_manifest(key: str) -> str:
    """Run that a manifest's key names."""
    return key.removeprefix(MANIFESTS_PREFIX).removesuffix(".json")


def tags_key(run_id: str) -> str:
    """Key of the tags that researchers gave a run."""
    return f"{TAGS_PREFIX}{run_id}.json"


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


def controls_prefix(run_id: str) -> str:
    """Prefix of every control of a run."""
    return f"{CONTROLS_PREFIX}{run_id}/"


def control_key(run_id: str, generation: int, control: Control) -> str:
    """Key of one control of a run's generation."""
    return f"{controls_prefix(run_id)}{generation:04d}/{control}.json"


def parse_control_key(key: str) -> ControlKey | None:
    """Read a control's key; None where the key is of something else."""
    if not (match := _CONTROL.fullmatch(key)):
        return None
    return ControlKey(match["run_id"], int(match["generation"]), cast("Control", match["control"]))


def reports_prefix(run_id: str, generation: int) -> str:
    """Prefix of every report of a run's generation."""
    return f"{REPORTS_PREFIX}{run_id}/{generation:04d}/"


def shard_reports_prefix(run_id: str, generation: int, shard_id: int) -> str:
    """Prefix of every report of one shard in a run's generation."""
    return f"{reports_prefix(run_id, generation)}shard-{shard_id:06d}-"


def report_key(report: ReportKey) -> str:
    """Key that says how a shard ended."""
    prefix = shard_reports_prefix(report.run_id, report.generation, report.shard_id)
    return f"{prefix}{report.failed}-{report.cancelled}"


def parse_report_key(key: str) -> ReportKey | None:
    """Read a report's key; None where the key is of something else."""
    if not (match := _REPORT.fullmatch(key)):
        return None
    numbers = (int(match[name]) for name in ("generation", "shard_id", "failed", "cancelled"))
    return ReportKey(match["run_id"], *numbers)
