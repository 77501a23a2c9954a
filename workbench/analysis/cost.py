"""What a run has cost, from what its outcomes tell: how long rows took, in how many invocations, by which workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.analysis.prices import Charges, Prices, charge, dollars
from workbench.analysis.sql import Query, counting_rows
from workbench.analysis.usage import Deployment, Usage, Work, outcome_bytes, run_usage

if TYPE_CHECKING:
    from workbench.analysis.engine import QueryEngine
    from workbench.contract import ExperimentSpec, Manifest

__all__ = ["Cost", "cost_query", "run_cost"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Cost:
    """What a run has cost so far.

    Parameters
    ----------
    rows, shards : int
        That have an outcome.
    invocations, environments : int
        Passes over those shards, and distinct workers that ended them.
    row_seconds : float
        Evaluation alone, of all rows that count: measured.
    usage : Usage
        What is billed: what was measured, and what each row, invocation and cold start takes besides by `Deployment`.
    charges : Charges
        What that costs, with the outcomes kept for a month, and without any query.
    """

    rows: int
    shards: int
    invocations: int
    environments: int
    row_seconds: float
    usage: Usage
    charges: Charges

    @property
    def gb_seconds(self) -> float:
        """Of Lambda: billed duration times memory."""
        return self.usage.gb_seconds

    @property
    def dollars(self) -> float:
        """What it has cost, in all."""
        return self.charges.total

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows in {self.shards:,} shards: {self.row_seconds:,.1f} s of evaluation in "
            f"{self.invocations:,} invocations, {self.gb_seconds:,.1f} GB-seconds\n"
            f"  cost    {dollars(self.dollars)}: {self.charges}"
        )

    __repr__ = __str__


def cost_query(spec: ExperimentSpec, run_id: str) -> Query:
    """Ask what a run has taken.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.

    Returns
    -------
    Query
        One row: ``rows``, ``shards``, ``invocations`` (attempts of all shards), ``environments`` (distinct workers) and
        ``duration_ms`` (of all rows that count); NULL where nothing has landed, but for the counts.
    """
    shards = (
        'SELECT "shard_id", count(*) AS "rows", max("attempt") AS "attempts", max("worker") AS "worker", '
        f'sum("duration_ms") AS "duration_ms"\nFROM {counting_rows(spec)}\nGROUP BY "shard_id"'
    )
    outputs = (
        'sum("rows") AS "rows"',
        'count(*) AS "shards"',
        'sum("attempts") AS "invocations"',
        'count(DISTINCT "worker") AS "environments"',
        'sum("duration_ms") AS "duration_ms"',
    )
    return Query(f"SELECT {', '.join(outputs)}\nFROM ({shards})", (run_id,) * 3)


def run_cost(
    engine: QueryEngine, manifest: Manifest, *, deployment: Deployment | None = None, prices: Prices | None = None
) -> Cost:
    """Compute what a run has cost so far.

    Left out is what outcomes do not tell: tries that left none, passes whose rows were all evaluated again, the
    recorder, the client's own listing of keys and its queries, and logs.

    Parameters
    ----------
    engine : QueryEngine
        Of the run.
    manifest : Manifest
        Of the run.
    deployment : Deployment, optional
        Where it was evaluated; the template's defaults where it is missing.
    prices : Prices, optional
        Those of the table by default.

    Returns
    -------
    Cost

    Raises
    ------
    QueryError
        If the engine cannot answer.
    """
    spec = manifest.spec
    # By place, for engines may change the case of names.
    found = engine.query(cost_query(spec, manifest.run_id)).fillna(0).to_numpy().tolist()[0]
    rows, shards, invocations, environments = (int(count) for count in found[:4])
    work = Work(
        rows=rows,
        shards=shards,
        invocations=invocations,
        environments=environments,
        seconds=found[4] / 1e3,
        bytes=outcome_bytes(spec, rows=rows, shards=shards),
    )
    usage = run_usage(work, deployment or Deployment())
    return Cost(
        rows=rows,
        shards=shards,
        invocations=invocations,
        environments=environments,
        row_seconds=work.seconds,
        usage=usage,
        charges=charge(usage, prices or Prices()),
    )
