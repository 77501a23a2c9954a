"""What an operator sees and does on a stack: metrics in the logs of a run, and the redrive of what was lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

import workbench as wb
from faulty_models import sometimes_raises
from full_coverage import counting_rows
from harmful_runs import ended, wait_until
from workbench.contract import Output, encode
from workbench.contract.keys import manifest_key
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack
    from workbench.contract import Manifest
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

USER: Final = "an-operator"
SWEEP: Final = wb.Sweep(sometimes_raises, wb.product(x=range(10)), seed=9)
N_SHARDS: Final = 5
TRIES: Final = 3


@pytest.fixture(scope="module")
def run(backend: CloudBackend) -> Run:
    run = backend.submit(SWEEP, shard_size=2, fresh=True)
    ended(run)
    return run


@pytest.fixture(scope="module")
def operator(local_stack: LocalStack) -> Iterator[boto3.session.Session]:
    """A session of somebody who has the operator's policy and nothing else."""
    iam, policy = local_stack.client("iam", root=True), local_stack.outputs["OperatorPolicyArn"]
    iam.create_user(UserName=USER)
    iam.attach_user_policy(UserName=USER, PolicyArn=policy)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    yield boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=local_stack.deployment.region)
    iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    iam.detach_user_policy(UserName=USER, PolicyArn=policy)
    iam.delete_user(UserName=USER)


@pytest.fixture
def lost(local_stack: LocalStack, run: Run) -> Iterator[Manifest]:
    """A run whose manifest is not there while a child and the recorder look for it, and is there afterwards."""
    manifest = replace(run.manifest, run_id=f"{run.run_id}-lost")
    task = {"run_id": manifest.run_id, "shard_id": 1}
    before = local_stack.invocations(Output.RECORDER)
    local_stack.client("lambda", root=True).invoke(
        FunctionName=local_stack.outputs[Output.CHILD], InvocationType="Event", Payload=json.dumps(task)
    )
    wait_until(lambda: local_stack.invocations(Output.RECORDER) == before + TRIES, "the recorder's last try")
    store = S3Store(local_stack.client("s3", root=True), local_stack.outputs[Output.BUCKET])
    store.put(manifest_key(manifest.run_id), encode(manifest))
    yield manifest
    for key in local_stack.keys(store.bucket):
        if manifest.run_id in key:
            local_stack.client("s3", root=True).delete_object(Bucket=store.bucket, Key=key)


def client(local_stack: LocalStack, session: Any, service: str) -> Any:
    return session.client(service, endpoint_url=local_stack.deployment.endpoint_url)


def lines(local_stack: LocalStack, function: Output, run_id: str) -> list[dict[str, Any]]:
    found = [json.loads(message) for message in local_stack.log(function) if message.startswith("{")]
    return [line for line in found if line.get("run_id") == run_id]


def test_the_logs_of_a_run_add_up_to_its_rows(local_stack: LocalStack, run: Run) -> None:
    told = lines(local_stack, Output.CHILD, run.run_id)
    assert all({"service", "shard_id", "generation"} <= line.keys() for line in told)
    assert Counter(line["shard_id"] for line in told if line.get("message") == "evaluated") == Counter(range(N_SHARDS))
    metrics = [line for line in told if "_aws" in line]
    (namespace,) = {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in metrics}
    assert namespace == f"SweepWorkbench/{local_stack.deployment.stack_name}"
    for line in metrics:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert all(isinstance(line[metric["Name"]], (int, float)) for metric in directive["Metrics"])
    n_failed = run.status().rows.failed
    assert sum(line.get("Rows", 0) for line in metrics) == SWEEP.n_rows
    assert n_failed > 0
    assert {line["code"]: 0 for line in metrics if "FailedRows" in line} == {"EXPERIMENT": 0}
    assert sum(line.get("FailedRows", 0) for line in metrics) == n_failed
    assert [line["DuplicateDeliveries"] for line in metrics if "DuplicateDeliveries" in line] == [0.0] * N_SHARDS
    assert sum("RowsPerSecond" in line for line in metrics) == N_SHARDS
    (dispatched,) = [line for line in lines(local_stack, Output.PARENT, run.run_id) if "_aws" in line]
    assert dispatched["DispatchedShards"] == N_SHARDS
    assert dispatched["DispatchTime"] > 0


def test_what_was_lost_is_redriven_with_the_operators_rights(
    local_stack: LocalStack, backend: CloudBackend, store: Store, operator: boto3.session.Session, lost: Manifest
) -> None:
    """As docs/operations.md says: receive the message, hand its payload to the recorder, delete the message."""
    queues, functions = (client(local_stack, operator, service) for service in ("sqs", "lambda"))
    url = local_stack.outputs["UnrecordedQueueUrl"]
    messages: list[dict[str, Any]] = []

    def received() -> bool:
        found = queues.receive_message(QueueUrl=url, VisibilityTimeout=300, WaitTimeSeconds=5).get("Messages", [])
        messages.extend(one for one in found if lost.run_id in one["Body"])
        return bool(messages)

    wait_until(received, "the message of the lost shard")
    (message,) = messages
    event = json.loads(message["Body"])["requestPayload"]
    answer = functions.invoke(FunctionName=local_stack.outputs[Output.RECORDER], Payload=json.dumps(event))
    assert json.loads(answer["Payload"].read()) == {"code": "CRASH", "shards": 1}
    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    again = backend.open(lost.run_id)
    assert again.status().shards.missing == N_SHARDS - 1
    assert {row["error_code"] for row in counting_rows(store, lost) if row["shard_id"] == 1} == {"CRASH"}
    # The other way: evaluated again, the lost shard and those that nobody ever started.
    again.resume()
    ended(again)
    assert {row["error_code"] for row in counting_rows(store, lost)} == {None, "ValueError"}


def test_an_operator_neither_submits_nor_reads(
    local_stack: LocalStack, operator: boto3.session.Session, run: Run
) -> None:
    s3, functions = (client(local_stack, operator, service) for service in ("s3", "lambda"))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=local_stack.outputs[Output.BUCKET], Key=manifest_key(run.run_id))
    with pytest.raises(ClientError, match="AccessDenied"):
        functions.invoke(FunctionName=local_stack.outputs[Output.CHILD], Payload=b"{}")
    assert local_stack.post(b"{}", signed_by=operator.get_credentials())[0] == 403
