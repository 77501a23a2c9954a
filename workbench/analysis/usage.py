"""What a run uses of the services that are paid for, from counts and seconds alone.

The constants are what the parts of this project do, in requests and seconds; docs/limits-and-costs.md says how each was
found. They are the same before a run, where the counts are an estimate, and afterwards, where outcomes tell them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

__all__ = [
    "DISPATCH_SECONDS",
    "INLINE_SHARDS",
    "RANGE_SHARDS",
    "Deployment",
    "Usage",
    "Work",
    "outcome_bytes",
    "run_usage",
]

_GIB: Final = 2**30
_MIB: Final = 2**20
_MB_PER_GB: Final = 1024
# "At 1,769 MB, a function has the equivalent of one vCPU": https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_ONE_PROCESSOR_MB: Final = 1769
# As lambdas.child keeps back, of its time limit, for writing the outcome.
_RESERVE: Final = 0.2
_RESERVE_SECONDS: Final = 10.0

# A parent has 1,024 MB. It starts 200 children by itself and hands ranges of 500 to copies where there are more, one
# child in 2.3 ms of its 0.6 processors: `python -m benchmarks.dispatch`.
_PARENT_GB: Final = 1.0
_PARENT_SECONDS: Final = 1.0
INLINE_SHARDS: Final = 200
RANGE_SHARDS: Final = 500
DISPATCH_SECONDS: Final = 0.0023

# Of a child: its manifest, whether there is a success or a failure (asked again before it writes), and the outcome.
_GETS_PER_INVOCATION: Final = 4
_PUTS_PER_INVOCATION: Final = 1
# While it evaluates it asks every 2 s whether the run is cancelled.
_SECONDS_PER_GET: Final = 2.0
# Of a submission: the manifest and the control that says that it was dispatched.
_PUTS_PER_RUN: Final = 2
# A client that waits lists controls, reports and outcomes, by pages of 1,000 keys, every half second and more rarely
# where there are more of them: never more than so often.
_LISTS_PER_SECOND: Final = 6.0
# Athena lists both statuses and reads the footer and the columns of each outcome.
_GETS_PER_QUERY_AND_SHARD: Final = 3
_LISTS_PER_QUERY: Final = 4
_KEYS_PER_LIST: Final = 1_000
# Rounded up to whole megabytes, 10 at least: https://aws.amazon.com/athena/pricing/
_QUERY_BYTES: Final = 10 * _MIB

# What an outcome file has besides its rows: the names, types and statistics of its columns.
_FILE_BYTES: Final = 3_000
_BYTES_PER_NUMBER: Final = 8
_BYTES_PER_TEXT: Final = 24
# shard_id to replicate, duration_ms and what is constant within a file: mostly the index and the duration remain.
_BYTES_PER_ROW: Final = 16


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where a run is evaluated, as far as its time and cost depend on it; the defaults are those of the template.

    Parameters
    ----------
    memory_mb : int
        Memory of a child.
    timeout_s : float
        Time limit of a child, in seconds.
    concurrency : int
        Children that may run at once: the account's limit of concurrent executions in the region.
    cold_start_seconds : float
        What the first invocation in an environment takes besides; it is billed.
    invocation_seconds : float
        What an invocation takes besides its rows: reading the task, forking, writing the outcome.
    row_overhead_seconds : float
        What a row takes besides the experiment itself: its place, its key, its share of the outcome.
    billed : bool
        Whether anything is paid; not so on this machine.
    """

    memory_mb: int = _ONE_PROCESSOR_MB
    timeout_s: float = 300
    concurrency: int = 1_000
    cold_start_seconds: float = 2.5
    invocation_seconds: float = 0.05
    row_overhead_seconds: float = 4e-6
    billed: bool = True

    @property
    def memory_gb(self) -> float:
        """Memory in the gigabytes that Lambda bills: 1,024 MB each."""
        return self.memory_mb / _MB_PER_GB

    @property
    def processor_share(self) -> float:
        """How much of a processor one child has, at most 1: an experiment uses one thread."""
        return min(1.0, self.memory_mb / _ONE_PROCESSOR_MB)

    @property
    def pass_seconds(self) -> float:
        """Seconds of evaluation after which a child goes on in another invocation."""
        return self.timeout_s - min(_RESERVE_SECONDS, _RESERVE * self.timeout_s)

    def passes(self, seconds: float) -> int:
        """Count the invocations that a shard of some seconds of evaluation takes."""
        return max(1, math.ceil(seconds / self.pass_seconds))


@dataclass(frozen=True, kw_only=True)
class Work:
    """How much was evaluated, or will be.

    Parameters
    ----------
    rows, shards : int
        Of the run.
    invocations : int
        Of children; more than shards where some took several passes.
    environments : int
        Children that were started cold.
    seconds : float
        Of evaluation, of all rows together.
    bytes : float
        Of all outcomes together.
    """

    rows: int
    shards: int
    invocations: int
    environments: int
    seconds: float
    bytes: float


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is billed.

    Parameters
    ----------
    child_gb_seconds, parent_gb_seconds : float
        Billed duration times memory, of Lambda.
    lambda_requests, api_requests : int
        Invocations of functions, and calls of the API.
    s3_puts : float
        PUT and LIST requests, which cost the same.
    s3_gets : float
        GET requests.
    s3_gb_months : float
        Outcomes kept for one month.
    athena_bytes : float
        Scanned, as Athena rounds it.
    """

    child_gb_seconds: float = 0.0
    parent_gb_seconds: float = 0.0
    lambda_requests: int = 0
    api_requests: int = 0
    s3_puts: float = 0.0
    s3_gets: float = 0.0
    s3_gb_months: float = 0.0
    athena_bytes: float = 0.0

    @property
    def gb_seconds(self) -> float:
        """Of all functions."""
        return self.child_gb_seconds + self.parent_gb_seconds


def run_usage(work: Work, deployment: Deployment, *, watched_seconds: float = 0.0, queries: int = 0) -> Usage:
    """Add up what a run uses.

    The billed seconds of the children are ``seconds + rows * row_overhead + invocations * invocation + environments *
    cold_start``, and half a millisecond for each invocation, which is what rounding up to whole ones comes to.

    Parameters
    ----------
    work : Work
        What is evaluated.
    deployment : Deployment
        Where.
    watched_seconds : float
        How long a client waits for it.
    queries : int
        Queries over all outcomes that are asked afterwards.

    Returns
    -------
    Usage
        Nothing at all where nothing is paid.
    """
    if not deployment.billed:
        return Usage()
    seconds = (
        work.seconds
        + work.rows * deployment.row_overhead_seconds
        + work.invocations * (deployment.invocation_seconds + 0.0005)
        + work.environments * deployment.cold_start_seconds
    )
    parents = 1 if work.shards <= INLINE_SHARDS else 1 + -(-work.shards // RANGE_SHARDS)
    listed = queries * (_LISTS_PER_QUERY + work.shards // _KEYS_PER_LIST)
    return Usage(
        child_gb_seconds=deployment.memory_gb * seconds,
        parent_gb_seconds=_PARENT_GB * (parents * _PARENT_SECONDS + work.shards * DISPATCH_SECONDS),
        lambda_requests=work.invocations + parents,
        api_requests=1,
        s3_puts=work.invocations * _PUTS_PER_INVOCATION + _PUTS_PER_RUN + watched_seconds * _LISTS_PER_SECOND + listed,
        s3_gets=work.invocations * _GETS_PER_INVOCATION
        + work.seconds / _SECONDS_PER_GET
        + queries * work.shards * _GETS_PER_QUERY_AND_SHARD,
        s3_gb_months=work.bytes / _GIB,
        athena_bytes=queries * max(_QUERY_BYTES, math.ceil(work.bytes / _MIB) * _MIB),
    )


def outcome_bytes(spec: ExperimentSpec, *, rows: int, shards: int) -> float:
    """Say how many bytes the outcomes of a run take; numbers are taken not to compress.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    rows, shards : int
        Of the run.

    Returns
    -------
    float
    """
    types = [parameter.type for parameter in spec.parameters] + [metric.type for metric in spec.metrics]
    texts = types.count("str")
    row = _BYTES_PER_ROW + _BYTES_PER_TEXT * texts + _BYTES_PER_NUMBER * (len(types) - texts)
    return shards * _FILE_BYTES + rows * row
