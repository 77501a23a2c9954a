"""The history of a back end: its runs as a frame, from manifests, keys and tags; no outcome is read."""

from __future__ import annotations

import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Protocol, get_args

import msgspec

from workbench.contract import Manifest
from workbench.errors import ContractError, QueryError, UnknownRunError
from workbench.runs.status import RunState
from workbench.runs.tags import Tags

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from workbench.analysis.cost import Cost
    from workbench.runs.status import RunStatus

__all__ = ["Recorded", "Records", "history"]

# A run costs some requests, of which each takes longer than it works; as many connections as a client keeps open.
_AT_ONCE: Final = 8
_TYPES: Final = {
    "run_id": "object",
    "created_at": "datetime64[us, UTC]",
    "created_by": "object",
    "experiment": "object",
    "rows": "int64",
    "shards": "int64",
    "state": "object",
    "failed": "int64",
    "cost": "float64",
    "fingerprint": "object",
    "tags": "object",
}


class Recorded(Protocol):
    """What the history asks of a run."""

    @property
    def manifest(self) -> Manifest:
        """What was planned."""
        ...

    def tags(self) -> tuple[str, ...]:
        """Read the run's tags."""
        ...

    def status(self) -> RunStatus:
        """Count what has landed."""
        ...

    def cost(self) -> Cost:
        """Compute what it has cost."""
        ...


class Records(Protocol):
    """What the history asks of a back end."""

    def run_ids(self) -> list[str]:
        """Names of all runs."""
        ...

    def open(self, run_id: str) -> Recorded:
        """Find a run by its name."""
        ...


def history(
    backend: Records,
    *,
    experiment: str | None = None,
    state: RunState | None = None,
    since: datetime | str | None = None,
    tag: str | None = None,
    cost: bool = False,
) -> pd.DataFrame:
    """List the runs of a back end, newest first.

    Parameters
    ----------
    backend : Backend
        Where they are.
    experiment : str, optional
        Only those of this experiment; the others' manifests are not even read.
    state : {'RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'}, optional
        Only those in this state.
    since : datetime or str, optional
        Only those submitted at that time or later; UTC where it names no zone. A text is read as ISO 8601.
    tag : str, optional
        Only those with this tag.
    cost : bool
        Whether to ask what each run has cost, which is a query for each.

    Returns
    -------
    pandas.DataFrame
        One line per run: run_id, created_at (datetime64, UTC), created_by, experiment, rows, shards, state, failed
        (rows), cost (dollars; NaN where it is not asked), fingerprint, tags (a tuple).

    Raises
    ------
    QueryError
        If `state` is none, or `since` is no time.

    Warns
    -----
    UserWarning
        For every manifest that cannot be read; its run is left out.
    """
    import pandas as pd  # noqa: PLC0415 -- loaded by those who ask

    if state is not None and state not in get_args(RunState):
        raise QueryError(f"state: no {state!r}; states: {', '.join(get_args(RunState))}")
    earliest = None if since is None else _utc(since)

    def record(run_id: str) -> dict[str, Any] | None:
        try:
            run = backend.open(run_id)
        except (ContractError, UnknownRunError) as error:
            warnings.warn(f"{run_id} is left out of the history: {error}", stacklevel=2)
            return None
        # In the order of their price: nothing more is asked of a run that is left out.
        created_at = _utc(run.manifest.created_at)
        if earliest is not None and created_at < earliest:
            return None
        tags = run.tags()
        if tag is not None and tag not in tags:
            return None
        status = run.status()
        if state is not None and status.state != state:
            return None
        return _line(run.manifest, created_at, tags, status, run.cost().dollars if cost else math.nan)

    # The name of a run is that of its experiment, a dash, and more.
    wanted = [run_id for run_id in backend.run_ids() if experiment in (None, run_id.partition("-")[0])]
    # msgspec learns a type when it is decoded first, and ends the process where several threads meet at that.
    for kind in (Manifest, Tags):
        msgspec.json.Decoder(kind)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        lines = [line for line in pool.map(record, wanted) if line is not None]
    frame = pd.DataFrame(lines, columns=list(_TYPES)).astype(_TYPES)
    return frame.sort_values(["created_at", "run_id"], ascending=[False, True], ignore_index=True)


def _line(
    manifest: Manifest, created_at: pd.Timestamp, tags: tuple[str, ...], status: RunStatus, cost: float
) -> dict[str, Any]:
    return {
        "run_id": manifest.run_id,
        "created_at": created_at,
        "created_by": manifest.created_by,
        "experiment": manifest.spec.name,
        "rows": manifest.n_rows,
        "shards": manifest.n_shards,
        "state": status.state,
        "failed": status.rows.failed,
        "cost": cost,
        "fingerprint": manifest.spec.fingerprint,
        "tags": tags,
    }


def _utc(time: datetime | str) -> pd.Timestamp:
    import pandas as pd  # noqa: PLC0415 -- loaded by those who ask

    try:
        stamp = pd.Timestamp(time)
    except ValueError as error:
        raise QueryError(f"since: {time!r} is no time; give a datetime, or a text such as '2026-01-31'") from error
    return stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
