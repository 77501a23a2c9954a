"""Faults between a child and S3, put in by a proxy: throttling, failures, lost answers, a child that dies there."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from altered_functions import altered, end
from fatal_models import ARMED, harmful, started
from fault_proxy import FaultProxy, Request, Rule, fault_proxy, slow_down
from full_coverage import assert_answers, assert_covered
from harmful_runs import ended, harmful_sweep, rows_of_shard
from workbench.contract import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

N_ROWS: Final = 6
SHARD_SIZE: Final = 2


@pytest.fixture(scope="module")
def proxy(local_stack: LocalStack) -> Iterator[FaultProxy]:
    """Between the children and S3."""
    endpoint = local_stack.deployment.endpoint_url
    with (
        fault_proxy(endpoint) as proxy,
        altered(local_stack, Output.CHILD, environment={"AWS_ENDPOINT_URL_S3": proxy.url}),
    ):
        yield proxy


def asks(method: str, part: str) -> Callable[[Request], bool]:
    """Tell requests for objects whose key has a part."""
    return lambda request: request.method == method and part in request.path


@pytest.mark.parametrize("status", [500, 503])
def test_s3_fails_for_a_while(proxy: FaultProxy, backend: CloudBackend, store: Store, armed: Path, status: int) -> None:
    with ExitStack() as faults:
        rules = [
            faults.enter_context(proxy.fault(Rule(asks(method, part), slow_down(status), forward=False, times=3)))
            for method, part in (
                ("GET", "/manifests/"),
                ("GET", "/outcomes/"),
                ("PUT", "/outcomes/"),
                ("PUT", "/reports/"),
            )
        ]
        harms = ["none", "raise", *["none"] * (N_ROWS - 2)]
        run = backend.submit(harmful_sweep(armed, harms, seed=status), shard_size=SHARD_SIZE)
        assert ended(run).state == "FAILED"
        assert [rule.hits for rule in rules] == [3] * len(rules)
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful, {1: "LookupError"})
    assert_answers(run, {1: "LookupError"})


def test_the_answer_to_a_write_is_lost(proxy: FaultProxy, backend: CloudBackend, store: Store, armed: Path) -> None:
    with ExitStack() as faults:
        rules = [
            faults.enter_context(proxy.fault(Rule(asks("PUT", part), drop=True, times=1)))
            for part in ("status=success", "status=failure", "/reports/")
        ]
        harms = ["none", "raise", *["none"] * (N_ROWS - 2)]
        run = backend.submit(harmful_sweep(armed, harms), shard_size=SHARD_SIZE)
        assert ended(run).state == "FAILED"
        assert [rule.hits for rule in rules] == [1] * len(rules)
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful, {1: "LookupError"})
    assert_answers(run, {1: "LookupError"})


def test_a_child_killed_between_finishing_and_writing_and_one_just_after(
    proxy: FaultProxy, backend: CloudBackend, store: Store, armed: Path
) -> None:
    harms = ["none"] * N_ROWS
    last = [rows_of_shard(N_ROWS, SHARD_SIZE, shard_id)[-1] for shard_id in (0, 1)]
    for row in last:
        harms[row] = "tell"

    def kill(row: int) -> None:
        """End the child that evaluated a row."""
        (told,) = armed.glob(f"started-{row}-*")
        end(int(told.name.split("-")[2]))

    before = Rule(asks("PUT", "shard-000000"), before=lambda _: kill(last[0]), forward=False, drop=True, times=1)
    behind = Rule(asks("PUT", "shard-000001"), behind=lambda _: kill(last[1]), drop=True, times=1)
    with proxy.fault(before), proxy.fault(behind):
        run = backend.submit(harmful_sweep(armed, harms, seed=4), shard_size=SHARD_SIZE)
        assert ended(run).state == "SUCCEEDED"
        assert (before.hits, behind.hits) == (1, 1)
    # What was not written was evaluated by a second child; what was written was found.
    assert [len(list(armed.glob(f"started-{row}-*"))) for row in last] == [2, 1]
    assert len(started(armed)) == 3
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)
