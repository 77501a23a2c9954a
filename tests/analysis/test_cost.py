"""What a run has cost counts the rows that count, however often their shards were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp

from workbench.analysis.cost import cost_query, run_cost
from workbench.analysis.duck import DuckEngine
from workbench.analysis.prices import Prices
from workbench.analysis.usage import Deployment
from workbench.contract import ExperimentSpec, Manifest, SweepDocument
from workbench.space import product

if TYPE_CHECKING:
    from conftest import Outcomes
    from workbench.analysis.cost import Cost

DEPLOYED = Deployment(memory_mb=2048, cold_start_seconds=1.0, invocation_seconds=0.1, row_overhead_seconds=0.0)


def cost(run: Outcomes, deployment: Deployment = DEPLOYED, **options: Prices) -> Cost:
    sweep = SweepDocument(experiment=run.spec.name, fingerprint="f", space=product(rate=[0.5]))
    manifest = Manifest(
        run_id=run.run_id,
        sweep_id="s",
        sweep=sweep,
        spec=run.spec,
        n_points=60,
        n_rows=60,
        n_shards=5,
        shard_size=12,
        created_at="",
        created_by="",
    )
    return run_cost(DuckEngine(run.root, run.spec, run.run_id), manifest, deployment=deployment, **options)


def test_a_mixed_run_by_hand(outcomes: Outcomes) -> None:
    found = cost(outcomes)
    # Four shards of twelve rows of 1.5 ms, failed ones included; the history of shard 1 is none of them.
    assert (found.rows, found.shards, found.invocations, found.environments) == (48, 4, 4, 1)
    assert found.row_seconds == pytest.approx(0.072)
    assert found.usage.child_gb_seconds == pytest.approx(2 * (0.072 + 4 * 0.1005 + 1.0))
    assert found.charges.compute == pytest.approx(found.gb_seconds * 0.0000166667)
    assert found.charges.athena == 0
    assert found.dollars == found.charges.total > 0


def test_later_attempts_and_other_workers_are_counted(outcomes: Outcomes) -> None:
    shard = outcomes.counting.iloc[:12].assign(shard_id=4, attempt=3, worker="another", duration_ms=1e3)
    outcomes.write(shard, status="success")
    found = cost(outcomes)
    assert (found.rows, found.shards, found.invocations, found.environments) == (60, 5, 7, 2)
    assert found.row_seconds == pytest.approx(12.072)


def test_of_a_run_without_outcomes_only_the_submission_was_paid(empty: Outcomes) -> None:
    found = cost(empty)
    assert (found.rows, found.shards, found.invocations, found.environments) == (0, 0, 0, 0)
    assert found.usage.child_gb_seconds == 0
    assert found.dollars < 1e-4


def test_prices_can_be_replaced_and_this_machine_costs_nothing(outcomes: Outcomes) -> None:
    free = Prices(**dict.fromkeys(vars(Prices()), 0.0))
    assert cost(outcomes, prices=free).dollars == 0
    here = cost(outcomes, Deployment(billed=False))
    assert here.dollars == 0
    assert here.row_seconds == pytest.approx(0.072)
    assert "48 rows in 4 shards" in str(here)


def test_every_scan_names_the_run(spec: ExperimentSpec) -> None:
    query = cost_query(spec, "queue-1")
    tree = sqlglot.parse_one(query.sql, read="trino")
    scans = list(tree.find_all(exp.Table))
    assert [table.name for table in scans] == ["outcomes_queue"] * 3
    assert query.parameters == ("queue-1",) * 3
    for table in scans:
        conditions = table.parent_select.args["where"].this.flatten()
        assert "run_id = ?" in {condition.sql("trino").replace('"', "") for condition in conditions}
