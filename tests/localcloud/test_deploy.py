"""The stack on the emulator: what a researcher may and may not do there, and what a second deploy does."""

from __future__ import annotations

import http.client
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

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


def refused(action: Any, **arguments: object) -> bool:
    with pytest.raises(ClientError) as caught:
        action(**arguments)
    return str(caught.value.response["Error"]["Code"]).startswith("AccessDenied")


def test_every_output_is_there(local_stack: LocalStack) -> None:
    assert set(local_stack.outputs) == {str(name) for name in Output}


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


def test_a_well_formed_body_reaches_the_parent(local_stack: LocalStack) -> None:
    space = {"kind": "zip", "axes": {"arrival_rate": {"kind": "values", "values": [1.0]}}}
    sweep = {"experiment": "no_such_experiment", "fingerprint": "x", "space": space}
    _, answer = post(local_stack, json.dumps({"sweep": sweep}).encode())
    # Whatever the parent thinks of it: this text is only known behind the gateway.
    assert b"no_such_experiment" in answer


@pytest.mark.parametrize("key", ["outcomes/x.parquet", "manifests/x.json"])
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
    assert s3.list_objects_v2(Bucket=bucket, Prefix="outcomes/experiment=mmc_queue/run_id=r/")["KeyCount"] == 0
    assert refused(s3.list_objects_v2, Bucket=bucket)


def test_a_researcher_calls_no_function_and_changes_no_table(local_stack: LocalStack) -> None:
    found = local_stack.outputs
    assert refused(local_stack.client("lambda").invoke, FunctionName=found[Output.CHILD], Payload=b"{}")
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


def test_a_resource_that_fails_is_named_and_can_be_corrected(local_stack: LocalStack) -> None:
    cloudformation = local_stack.client("cloudformation", root=True)
    role = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST"}}
    with pytest.raises(EmulatorError, match=r"Retries \(AWS::Lambda::EventInvokeConfig\).*nobody"):
        stack.put(cloudformation, "broken", {"Resources": {"Retries": role}})
    assert stack.outputs(cloudformation, "broken") is None
    queue = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Answer": {"Value": "42"}}}
    assert stack.put(cloudformation, "broken", queue) == {"Answer": "42"}
    assert stack.put(cloudformation, "broken", queue) == {"Answer": "42"}
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
