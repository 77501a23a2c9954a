"""Faults between the parent and Lambda, put in by a proxy: throttled for a while, refused for good, killed halfway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from altered_functions import altered, end, processes
from fatal_models import ARMED, harmful
from fault_proxy import FaultProxy, Request, Rule, busy, fault_proxy, throttle
from full_coverage import assert_answers, assert_covered, counting_rows
from harmful_runs import ended, harmful_sweep
from small_runs import plan
from workbench.contract import Dispatch, Output, RunReply, decode, encode
from workbench.contract.keys import manifest_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

N_ROWS: Final = 8


@pytest.fixture
def harmless(armed: Path) -> Path:
    (armed / ARMED).unlink()
    return armed


@pytest.fixture(scope="module")
def proxy(local_stack: LocalStack) -> Iterator[FaultProxy]:
    """Between the parent and Lambda."""
    endpoint = local_stack.deployment.endpoint_url
    with (
        fault_proxy(endpoint) as proxy,
        altered(local_stack, Output.PARENT, environment={"AWS_ENDPOINT_URL_LAMBDA": proxy.url}),
    ):
        yield proxy


@pytest.fixture(scope="module")
def child(local_stack: LocalStack) -> str:
    return local_stack.outputs[Output.CHILD]


def task_of(request: Request, child: str) -> dict[str, Any] | None:
    """The task of a request that starts a child."""
    if f"/functions/{child}/invocations" not in request.path:
        return None
    task: dict[str, Any] = json.loads(request.body)
    return task


def kill_parents(local_stack: LocalStack) -> None:
    for pid in processes(local_stack, Output.PARENT):
        end(pid)


def test_lambda_throttles_and_fails_for_a_while(
    proxy: FaultProxy, backend: CloudBackend, store: Store, harmless: Path, child: str
) -> None:
    throttled = Rule(lambda request: task_of(request, child) is not None, throttle(), forward=False, times=5)
    failing = Rule(lambda request: task_of(request, child) is not None, busy(), forward=False, times=5)
    with proxy.fault(throttled), proxy.fault(failing):
        run = backend.submit(harmful_sweep(harmless, ["none"] * N_ROWS), shard_size=1)
        assert ended(run).state == "SUCCEEDED"
        assert (throttled.hits, failing.hits) == (5, 5)
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)


def test_children_that_cannot_be_started_are_recorded(
    proxy: FaultProxy, backend: CloudBackend, store: Store, harmless: Path, child: str
) -> None:
    lost = {2, 5}

    def is_lost(request: Request) -> bool:
        task = task_of(request, child)
        return task is not None and task["shard_id"] in lost

    with proxy.fault(Rule(is_lost, throttle(), forward=False)) as rule:
        run = backend.submit(harmful_sweep(harmless, ["none"] * N_ROWS, seed=5), shard_size=1)
        assert ended(run).state == "FAILED"
        assert rule.hits > 2 * len(lost)
    errors = {row["row_index"]: "DISPATCH" for row in counting_rows(store, run.manifest) if row["shard_id"] in lost}
    assert len(errors) == len(lost)
    assert_covered(store, run.manifest, harmful, errors)
    assert_answers(run, errors)
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)


def test_a_parent_killed_halfway_through_dispatch_and_the_same_request_again(
    local_stack: LocalStack, proxy: FaultProxy, backend: CloudBackend, store: Store, harmless: Path, child: str
) -> None:
    sweep = harmful_sweep(harmless, ["none"] * N_ROWS, seed=6)
    body = encode(sweep.request(shard_size=1))
    killing = Rule(
        lambda request: task_of(request, child) is not None,
        before=lambda _: kill_parents(local_stack),
        forward=False,
        drop=True,
        after=N_ROWS // 2,
    )
    with proxy.fault(killing):
        status, _ = local_stack.post(body, signed_by=local_stack.credentials)
    assert status >= 500
    assert killing.hits
    status, answer = local_stack.post(body, signed_by=local_stack.credentials)
    reply = decode(answer, RunReply, source="the answer")
    assert (status, reply.created, reply.n_shards) == (200, False, N_ROWS)
    run = backend.open(reply.run_id)
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)
    assert_answers(run)


def test_a_dispatching_copy_killed_at_every_try_is_recorded(
    local_stack: LocalStack, proxy: FaultProxy, backend: CloudBackend, store: Store, bucket: str, harmless: Path
) -> None:
    manifest = plan(harmful_sweep(harmless, ["none"] * N_ROWS, seed=7), shard_size=2)
    root = local_stack.client("s3", root=True)
    root.put_object(Bucket=bucket, Key=manifest_key(manifest.run_id), Body=encode(manifest))
    run = backend.open(manifest.run_id)
    child = local_stack.outputs[Output.CHILD]
    everything = Rule(
        lambda request: task_of(request, child) is not None,
        before=lambda _: kill_parents(local_stack),
        forward=False,
        drop=True,
    )
    with proxy.fault(everything):
        local_stack.client("lambda", root=True).invoke(
            FunctionName=local_stack.outputs[Output.PARENT],
            InvocationType="Event",
            Payload=encode(Dispatch(run_id=manifest.run_id, shards=((0, manifest.n_shards),))),
        )
        assert ended(run).state == "FAILED"
    errors = dict.fromkeys(range(N_ROWS), "DISPATCH")
    assert_covered(store, manifest, harmful, errors)
    assert_answers(run, errors)
    run.resume()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, manifest, harmful)
