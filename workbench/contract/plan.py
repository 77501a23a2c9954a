"""From a request to a manifest: validate, cap, name and cut into shards, without touching anything."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from workbench.contract.messages import Manifest, RunRequest
from workbench.contract.names import run_id_for
from workbench.contract.sweep import conform, sweep_id
from workbench.contract.validation import Caps, cap_faults, find_experiment, sweep_faults
from workbench.errors import CodeMismatchError, Fault, SweepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.contract.catalog import Catalog

__all__ = ["DEFAULT_SHARDS", "SHARD_SECONDS", "choose_shard_size", "plan_run"]

# Shards of a sweep whose cost nobody knows, and of a cheap one: enough to go parallel, and for progress that moves.
DEFAULT_SHARDS: Final = 50
# Short enough for retries and for progress, long enough that the start of a child is noise.
SHARD_SECONDS: Final = 30.0

_RUN_NAME: Final = "[A-Za-z0-9][A-Za-z0-9-]{0,63}"


def plan_run(request: RunRequest, catalog: Catalog, caps: Caps, *, created_by: str, created_at: str) -> Manifest:
    """Decide what a submission becomes.

    Parameters
    ----------
    request : RunRequest
        As it came.
    catalog : Catalog
        What can be evaluated.
    caps : Caps
        What may be asked for.
    created_by, created_at : str
        Who, and when (UTC, ISO 8601).

    Returns
    -------
    Manifest
        The same for the same sweep, but for who and when.

    Raises
    ------
    SweepError
        If anything is wrong with the sweep; all faults at once.
    CodeMismatchError
        If the client's code of the experiment is not the deployed one.
    """
    sweep = request.sweep
    spec = find_experiment(sweep.experiment, catalog)
    if isinstance(spec, Fault):
        raise SweepError([spec])
    faults = [*sweep_faults(sweep, spec), *_option_faults(request)]
    shard_size = request.shard_size
    if shard_size is None:
        shard_size = choose_shard_size(sweep.n_rows, request.row_seconds, caps)
    if too_large := cap_faults(sweep, shard_size, caps):
        raise SweepError([*faults, *too_large], over_cap=not faults and shard_size >= 1)
    if faults:
        raise SweepError(faults)
    if sweep.fingerprint != spec.fingerprint:
        raise CodeMismatchError(
            f"the code of {spec.name!r} here (fingerprint {sweep.fingerprint[:12]}) is not the code that is deployed "
            f"({spec.fingerprint[:12]}): deploy it (`workbench up`, or `cdk deploy`), or check out the deployed one"
        )
    conformed = conform(sweep, spec)
    identity = sweep_id(conformed, nonce=request.nonce)
    return Manifest(
        run_id=request.run_id or run_id_for(spec.name, identity),
        sweep_id=identity,
        sweep=conformed,
        spec=spec,
        n_points=conformed.n_points,
        n_rows=conformed.n_rows,
        n_shards=_ceil_div(conformed.n_rows, shard_size),
        shard_size=shard_size,
        row_timeout_s=request.row_timeout_s,
        created_at=created_at,
        created_by=created_by,
    )


def _option_faults(request: RunRequest) -> Iterator[Fault]:
    experiment, limit, cost = request.sweep.experiment, request.row_timeout_s, request.row_seconds
    if request.run_id is not None and not re.fullmatch(rf"{re.escape(experiment)}-{_RUN_NAME}", request.run_id):
        yield Fault(
            "run_id", f"{request.run_id!r:.100} must be {experiment}-<name> of at most 64 letters, digits and dashes"
        )
    if limit is not None and not 0 < limit < math.inf:
        yield Fault("row_timeout_s", f"is {limit:g}; more than 0 seconds, or nothing for no limit")
    if cost is not None and not 0 <= cost < math.inf:
        yield Fault("row_seconds", f"is {cost:g}; 0 seconds or more, or nothing where it is not known")


def choose_shard_size(n_rows: int, row_seconds: float | None, caps: Caps) -> int:
    """Choose the rows per shard where nobody asks for a number.

    Parameters
    ----------
    n_rows : int
        Rows of the run, at least 1.
    row_seconds : float or None
        What one of them takes; None where that is not known.
    caps : Caps
        What must be kept to.

    Returns
    -------
    int
        Shards of about `SHARD_SECONDS`, and shorter ones where that would make fewer than `DEFAULT_SHARDS`; at least
        one row, and as many as it takes to stay within `caps.max_shards`.
    """
    wanted = _ceil_div(n_rows, DEFAULT_SHARDS)
    # The number of rows comes from the wire and may have thousands of digits: it is compared, and never made a float.
    if row_seconds and wanted > SHARD_SECONDS / row_seconds:
        wanted = int(SHARD_SECONDS / row_seconds)
    return max(1, min(max(wanted, _ceil_div(n_rows, caps.max_shards)), caps.max_rows_per_shard))


def _ceil_div(number: int, divisor: int) -> int:
    return -(-number // divisor)
