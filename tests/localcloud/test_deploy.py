"""The stack on the emulator: what a researcher may and may not do there, and what a second deploy does."""

from __future__ import annotations

import http.client
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from emulator_stack import EXPERIMENTS
from workbench.contract import ErrorReply, Output, table_name
from workbench.errors import EmulatorError
from workbench.localcloud import stack
from workbench.localcloud.deploy import deploy, find_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack

pytestmark = pytest.mark.emulator


@pytest.fixture(autouse=True)
def environment(local_stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second deploy must find the experiments of the first."""
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", EXPERIMENTS)


def post(local_stack: LocalStack, body: bytes, *, signed: bool = True) -> tuple[int, bytes]:
    return local_stack.post(body, signed_by=local_stack.credentials if signed else None)


def post_to(local_stack: LocalStack, path: str, body: bytes, *, signed: bool = True) -> tuple[int, str]:
    """Send a body to any path; returns the status and the code of the error."""
    url = f"{local_stack.deployment.api_url}{path}"
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    if signed:
        SigV4Auth(local_stack.credentials, "execute-api", local_stack.deployment.region).add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, json.loads(answer.content)["error"]["code"]


def refused(action: Any, **arguments: object) -> bool:
    with pytest.raises(ClientError) as caught:
        action(**arguments)
    return str(caught.value.response["Error"]["Code"]).startswith("AccessDenied")


def test_every_output_that_clients_need_is_there(local_stack: LocalStack) -> None:
    assert {str(name) for name in Output} <= set(local_stack.outputs)


@pytest.mark.parametrize("body", [b"{}", b"no json", b'{"sweep": {"experiment": 3}}', b'{"swep": {}}'])
def test_a_malformed_body_is_refused_at_the_gateway(local_stack: LocalStack, body: bytes) -> None:
    import msgspec  # noqa: PLC0415 -- only here

    status, answer = post(local_stack, body)
    assert status == http.client.BAD_REQUEST
    assert msgspec.json.decode(answer, type=ErrorReply).error.code == "BAD_REQUEST_BODY"


def test_an_unsigned_request_is_refused_before_its_body_is_read(local_stack: LocalStack) -> None:
    status, answer = post(local_stack, b"{}", signed=False)
    assert status == http.client.FORBIDDEN
    assert json.loads(answer)["error"]["code"] == "MISSING_AUTHENTICATION_TOKEN"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/runs/x/resume", b'{"include": "everything"}'),
        ("/runs/x/resume", b'{"exclude": "all"}'),
        ("/runs/x/cancel", b'{"why": "not"}'),
        ("/runs/x/cancel", b"no json"),
    ],
)
def test_a_run_is_controlled_by_signed_and_well_formed_requests(
    local_stack: LocalStack, path: str, body: bytes
) -> None:
    assert post_to(local_stack, path, body) == (http.client.BAD_REQUEST, "BAD_REQUEST_BODY")
    refusal = (http.client.FORBIDDEN, "MISSING_AUTHENTICATION_TOKEN")
    assert post_to(local_stack, path, body, signed=False) == refusal


@pytest.mark.parametrize("path", ["/runs/nobody-000000000000/resume", "/runs/nobody-000000000000/cancel"])
def test_a_control_of_an_unknown_run_reaches_the_parent(local_stack: LocalStack, path: str) -> None:
    status, _ = post_to(local_stack, path, b"{}")
    assert status == http.client.NOT_FOUND


def test_what_cannot_be_recorded_waits_in_a_queue(local_stack: LocalStack) -> None:
    task = {"run_id": "nobody-000000000000", "shard_id": 3}
    local_stack.client("lambda", root=True).invoke(
        FunctionName=local_stack.outputs[Output.CHILD], InvocationType="Event", Payload=json.dumps(task)
    )
    queues = local_stack.client("sqs", root=True)
    (queue,) = (url for url in queues.list_queues()["QueueUrls"] if "Unrecorded" in url)
    message = next(
        found[0]
        for _ in range(15)
        if (found := queues.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages"))
    )
    of_recorder = json.loads(message["Body"])
    of_child = of_recorder["requestPayload"]
    assert local_stack.outputs[Output.RECORDER] in of_recorder["requestContext"]["functionArn"]
    assert local_stack.outputs[Output.CHILD] in of_child["requestContext"]["functionArn"]
    assert of_child["requestPayload"] == task
    for record in (of_recorder, of_child):
        assert record["requestContext"]["approximateInvokeCount"] == 3
        assert task["run_id"] in record["responsePayload"]["errorMessage"]


def test_a_well_formed_body_reaches_the_parent(local_stack: LocalStack) -> None:
    space = {"kind": "zip", "axes": {"arrival_rate": {"kind": "values", "values": [1.0]}}}
    sweep = {"experiment": "no_such_experiment", "fingerprint": "x", "space": space}
    _, answer = post(local_stack, json.dumps({"sweep": sweep}).encode())
    # Whatever the parent thinks of it: this text is only known behind the gateway.
    assert b"no_such_experiment" in answer


@pytest.mark.parametrize(
    "key",
    ["outcomes/x.parquet", "manifests/x.json", "controls/x/0000/cancelled.json", "reports/x/0000/shard-000000-1-0"],
)
def test_a_researcher_neither_writes_nor_deletes_results(local_stack: LocalStack, key: str) -> None:
    s3, bucket = local_stack.client("s3"), local_stack.outputs[Output.BUCKET]
    local_stack.client("s3", root=True).put_object(Bucket=bucket, Key=key, Body=b"kept")
    assert refused(s3.put_object, Bucket=bucket, Key=key, Body=b"changed")
    assert refused(s3.delete_object, Bucket=bucket, Key=key)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"kept"
    local_stack.client("s3", root=True).delete_object(Bucket=bucket, Key=key)


def test_a_researcher_learns_that_a_key_is_missing(local_stack: LocalStack) -> None:
    s3, bucket = local_stack.client("s3"), local_stack.outputs[Output.BUCKET]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="manifests/nowhere.json")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_researcher_lists_prefixes_and_not_the_bucket(local_stack: LocalStack) -> None:
    s3, bucket = local_stack.client("s3"), local_stack.outputs[Output.BUCKET]
    for prefix in ("outcomes/experiment=mmc_queue/run_id=r/", "controls/r/", "reports/r/0000/"):
        assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0
    assert refused(s3.list_objects_v2, Bucket=bucket)


def test_a_researcher_calls_no_function_and_changes_no_table(local_stack: LocalStack) -> None:
    found = local_stack.outputs
    for function in (Output.PARENT, Output.CHILD, Output.RECORDER):
        assert refused(local_stack.client("lambda").invoke, FunctionName=found[function], Payload=b"{}")
    tables = {"DatabaseName": found[Output.DATABASE], "Name": table_name("mmc_queue")}
    glue = local_stack.client("glue")
    assert glue.get_table(**tables)["Table"]["Parameters"]["projection.run_id.type"] == "injected"
    assert refused(glue.delete_table, **tables)


def test_the_key_is_for_its_owner_only(local_stack: LocalStack) -> None:
    kept = local_stack.emulator.state_dir / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["access_key_id"] == local_stack.deployment.access_key_id


def test_nothing_is_done_where_nothing_changed(local_stack: LocalStack) -> None:
    changed = last_change(local_stack)
    assert deploy(local_stack.emulator) == local_stack.deployment
    assert find_deployment(local_stack.emulator) == local_stack.deployment
    assert last_change(local_stack) == changed


def test_a_researchers_own_experiment_is_deployed_by_an_update(
    local_stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_models.py").write_text(OWN_EXPERIMENT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", f"{EXPERIMENTS},own_models")
    assert deploy(local_stack.emulator) == local_stack.deployment
    glue = local_stack.client("glue")
    (table,) = glue.get_tables(DatabaseName=local_stack.outputs[Output.DATABASE], Expression="outcomes_halve")[
        "TableList"
    ]
    assert "half" in {column["Name"] for column in table["StorageDescriptor"]["Columns"]}
    # Bodies are still checked after the update.
    assert post(local_stack, b"{}")[0] == http.client.BAD_REQUEST

    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", EXPERIMENTS)
    deploy(local_stack.emulator)
    names = {table["Name"] for table in glue.get_tables(DatabaseName=local_stack.outputs[Output.DATABASE])["TableList"]}
    assert "outcomes_halve" not in names


def test_an_experiment_that_cannot_be_imported_stops_the_deploy(
    local_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_EXPERIMENTS", "no_such_models")
    with pytest.raises(EmulatorError, match="no_such_models"):
        deploy(local_stack.emulator)
    assert find_deployment(local_stack.emulator) == local_stack.deployment


def address_of(local_stack: LocalStack, template: dict[str, Any]) -> str:
    s3 = local_stack.client("s3", root=True)
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="template.json", Body=json.dumps(template).encode())
    return f"{local_stack.emulator.base_url}/templates/template.json"


def test_a_resource_that_fails_is_named_and_can_be_corrected(local_stack: LocalStack) -> None:
    cloudformation = local_stack.client("cloudformation", root=True)
    role = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST"}}
    broken = {"Resources": {"Retries": role}}
    with pytest.raises(EmulatorError, match=r"Retries \(AWS::Lambda::EventInvokeConfig\).*nobody"):
        stack.put(cloudformation, "broken", address_of(local_stack, broken))
    assert stack.outputs(cloudformation, "broken") is None
    queue = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Answer": {"Value": "42"}}}
    assert stack.put(cloudformation, "broken", address_of(local_stack, queue)) == {"Answer": "42"}
    assert stack.put(cloudformation, "broken", address_of(local_stack, queue)) == {"Answer": "42"}
    cloudformation.delete_stack(StackName="broken")


def last_change(local_stack: LocalStack) -> str:
    cloudformation = local_stack.client("cloudformation", root=True)
    events = cloudformation.describe_stack_events(StackName=local_stack.deployment.stack_name)["StackEvents"]
    return str(events[0]["EventId"])


OWN_EXPERIMENT = """
from dataclasses import dataclass

from workbench.experiments import experiment


@dataclass(frozen=True)
class Halves:
    \"\"\"What it finds.\"\"\"

    half: float


@experiment(version="1")
def halve(*, whole: float) -> Halves:
    \"\"\"Halve a number.\"\"\"
    return Halves(half=whole / 2)
"""
