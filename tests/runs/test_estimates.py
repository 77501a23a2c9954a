"""An estimate asks a few rows of the sweep, and answers for the shards and the place that the run would have."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.analysis.estimate import Plan, estimate_run
from workbench.analysis.prices import Prices
from workbench.analysis.usage import Deployment
from workbench.contract import Caps
from workbench.contract.plan import choose_shard_size
from workbench.errors import BudgetError, SweepError
from workbench.experiments import experiment
from workbench.runs.estimates import check_budget
from workbench.runs.pilot import Effort, try_rows

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.analysis.estimate import Estimate

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(1_000)), replicates=3)


@dataclass(frozen=True)
class Result:
    whole: int


@experiment(version="1")
def fatal(*, x: int) -> Result:
    os._exit(3)


FATAL = wb.Sweep(fatal, wb.product(x=range(600)))


def estimated(**changes: Any) -> Estimate:
    wanted = Plan(spec=fatal.spec, rows=1_000, shard_size=100, row_seconds=(1.0, 2.0), **changes)
    return estimate_run(wanted, Deployment())


def test_rows_are_tried_here() -> None:
    found = SWEEP.estimate()
    assert found.rows == 3_000
    assert 1 <= found.tried < 3_000
    assert found.row_seconds > 0
    assert found.dollars > 0


def test_a_time_that_is_known_is_not_measured() -> None:
    found = FATAL.estimate(row_seconds=[1.0, 3.0])
    assert (found.row_seconds, found.tried, found.cut_off) == (2.0, 2, 0)
    assert found.shard_size == choose_shard_size(600, 2.0, Caps()) == 12
    assert found.usage.child_gb_seconds > 1_200


@pytest.mark.parametrize(("options", "shards"), [({"shard_size": 7}, 86), ({"shard_count": 6}, 6)])
def test_the_shards_are_those_that_are_asked_for(options: dict[str, int], shards: int) -> None:
    assert FATAL.estimate(row_seconds=1.0, **options).shards == shards


def test_a_shard_has_no_more_rows_than_the_run() -> None:
    found = FATAL.estimate(row_seconds=1.0, shard_size=10_000)
    assert (found.shards, found.shard_size) == (1, 600)


def test_a_slow_processor_and_a_part_of_one_take_longer() -> None:
    usual = FATAL.estimate(row_seconds=1.0)
    slow = FATAL.estimate(row_seconds=1.0, speed=0.5)
    part = FATAL.estimate(Deployment(memory_mb=512), row_seconds=1.0)
    assert (usual.row_seconds, slow.row_seconds) == (1.0, 2.0)
    assert part.row_seconds == pytest.approx(1769 / 512)
    assert slow.dollars > usual.dollars


def test_prices_are_passed_on() -> None:
    free = Prices(**dict.fromkeys(vars(Prices()), 0.0))
    assert FATAL.estimate(row_seconds=1.0, prices=free).dollars == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_this_machine_costs_nothing(tmp_path: Path, workers: int) -> None:
    backend = wb.serial(tmp_path) if workers == 1 else wb.processes(workers, root=tmp_path)
    found = FATAL.estimate(backend, row_seconds=1.0)
    assert found.dollars == 0
    assert found.environments == workers
    assert found.seconds_p50 >= 600 / workers


def test_rows_that_all_end_their_process_tell_nothing() -> None:
    with pytest.raises(BudgetError, match=r"what a row of fatal takes is not known.*row_seconds="):
        FATAL.estimate()


def test_even_one_row_can_be_tried() -> None:
    assert wb.Sweep(faulty_models.noise, wb.product(a=[1])).estimate().tried == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"speed": 0.0}, "speed: is 0; more than 0"),
        ({"row_seconds": []}, "row_seconds: is .*; give one time"),
        ({"row_seconds": [1.0, -1.0]}, "row_seconds"),
        ({"row_seconds": float("nan")}, "row_seconds"),
        ({"row_seconds": 1.0, "shard_size": 2, "shard_count": 2}, "give one of them"),
        ({"row_seconds": 1.0, "shard_size": 0}, "shard_size"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SweepError, match=said):
        FATAL.estimate(**options)


@dataclass(frozen=True)
class Call:
    number: int


@experiment(version="1")
def slow_at_first(*, x: int) -> Call:
    """Take half a second in each process that is new to it."""
    if not CALLS:
        time.sleep(0.5)
    CALLS.append(x)
    return Call(number=len(CALLS))


CALLS: list[int] = []
SLOW = Effort(begin_seconds=20.0, all_seconds=30.0, share=1)


def test_a_pilot_tells_what_the_first_row_of_a_process_takes_besides() -> None:
    pilot = try_rows(plan(wb.Sweep(slow_at_first, wb.product(x=range(50)))), slow_at_first, SLOW)
    assert pilot.first_seconds >= 0.4
    assert CALLS == []


def test_a_pilot_tells_which_rows_it_ended() -> None:
    waiting = wb.Sweep(faulty_models.waits_for, wb.product(x=range(20)), fixed={"gate": "/nowhere"})
    effort = Effort(begin_seconds=0.1, row_seconds=0.2, all_seconds=5.0, rows=3, share=1)
    pilot = try_rows(plan(waiting), faulty_models.waits_for, effort)
    assert pilot.cut_off >= 1
    assert max(pilot.seconds) == 0.2


def test_a_budget_that_is_kept_to_passes() -> None:
    estimate = estimated()
    check_budget(estimate, estimate.dollars)


@pytest.mark.parametrize("budget", [0.0, 0.01, -1.0, float("nan")])
def test_a_budget_that_is_not_is_refused_with_the_remedies(budget: float) -> None:
    with pytest.raises(BudgetError, match=r"estimated at \$0\.05, over its budget of .*fewer points[\s\S]*1,000 rows"):
        check_budget(estimated(), budget)


def test_what_is_only_known_to_be_at_least_keeps_to_no_budget() -> None:
    with pytest.raises(BudgetError, match=r"is not known: 1 of 2 rows tried here took longer.*row_seconds="):
        check_budget(estimated(cut_off=1), 1e9)


def test_back_ends_of_this_machine_keep_to_every_budget(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(wb.Sweep(faulty_models.noise, wb.product(a=[1, 2])), budget=0.0)
    assert run.status().state == "SUCCEEDED"
