"""What the template promises: encryption, retries, tables that fit the outcomes, names that clients look for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from operators import OperatorOutput
from workbench.contract import (
    MANIFEST_COLUMNS,
    Caps,
    Environment,
    Output,
    outcome_columns,
    table_name,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Synthesized


def test_results_are_encrypted_private_and_versioned(synthesized: Synthesized) -> None:
    bucket = synthesized.only("AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_results_refuse_plain_http(synthesized: Synthesized) -> None:
    (statement,) = synthesized.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_results_survive_the_stack_and_answers_expire(synthesized: Synthesized) -> None:
    (bucket,) = (item for item in synthesized.template["Resources"].values() if item["Type"] == "AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    answers, leftovers = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (answers["Prefix"], answers["ExpirationInDays"]) == ("athena/", 7)
    assert leftovers["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert leftovers["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "ExpirationInDays" not in leftovers


def test_every_experiment_has_a_table_that_fits_its_outcomes(synthesized: Synthesized) -> None:
    tables = {
        item["TableInput"]["Name"]: item["TableInput"] for item in synthesized.resources("AWS::Glue::Table").values()
    }
    specs = synthesized.catalog.experiments
    assert set(tables) == {table_name(spec.name) for spec in specs} | {"runs"}
    for spec in specs:
        table = tables[table_name(spec.name)]
        columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
        assert columns == [(column.name, column.type) for column in outcome_columns(spec)]
        assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [
            ("run_id", "string"),
            ("status", "string"),
        ]
        assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_partitions_are_projected(synthesized: Synthesized) -> None:
    (bucket,) = synthesized.resources("AWS::S3::Bucket")
    for spec in synthesized.catalog.experiments:
        (table,) = (
            item["TableInput"]
            for item in synthesized.resources("AWS::Glue::Table").values()
            if item["TableInput"]["Name"] == table_name(spec.name)
        )
        parameters = table["Parameters"]
        assert parameters["projection.enabled"] == "true"
        assert parameters["projection.run_id.type"] == "injected"
        assert parameters["projection.status.type"] == "enum"
        assert parameters["projection.status.values"] == "success,failure"
        prefix = f"outcomes/experiment={spec.name}/"
        template = f"/{prefix}run_id=${{run_id}}/status=${{status}}/"
        assert parameters["storage.location.template"] == {"Fn::Join": ["", ["s3://", {"Ref": bucket}, template]]}
        assert table["StorageDescriptor"]["Location"] == {"Fn::Join": ["", ["s3://", {"Ref": bucket}, f"/{prefix}"]]}


def test_runs_are_read_from_their_manifests(synthesized: Synthesized) -> None:
    (table,) = (
        item["TableInput"]
        for item in synthesized.resources("AWS::Glue::Table").values()
        if item["TableInput"]["Name"] == "runs"
    )
    storage = table["StorageDescriptor"]
    assert [column["Name"] for column in storage["Columns"]] == [column.name for column in MANIFEST_COLUMNS]
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert storage["Location"]["Fn::Join"][1][-1] == "/manifests/"


def test_the_workgroup_decides_where_answers_go_and_how_much_is_read(synthesized: Synthesized) -> None:
    settings = synthesized.only("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 100 * 1024**3
    results = settings["ResultConfiguration"]
    assert results["OutputLocation"]["Fn::Join"][1][-1] == "/athena/"
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            "parent",
            {
                Environment.BUCKET,
                Environment.CHILD_FUNCTION,
                Environment.MAX_SHARDS,
                Environment.MAX_ROWS_PER_SHARD,
                Environment.MAX_ROWS,
            },
        ),
        ("child", {Environment.BUCKET, Environment.EXPERIMENTS}),
        ("recorder", {Environment.BUCKET}),
    ],
)
def test_functions_are_told_what_they_need(synthesized: Synthesized, function: str, expected: set[str]) -> None:
    properties = function_of(synthesized, function)
    variables = properties["Environment"]["Variables"]
    assert {name for name in variables if name.startswith("WORKBENCH_")} == {str(name) for name in expected}
    assert variables["POWERTOOLS_SERVICE_NAME"] == function
    assert properties["Runtime"] == "python3.13"


@pytest.mark.parametrize("function", ["child", "recorder"])
def test_numpy_starts_no_threads(synthesized: Synthesized, function: str) -> None:
    variables = function_of(synthesized, function)["Environment"]["Variables"]
    assert variables["OPENBLAS_NUM_THREADS"] == "1"


def test_the_parent_knows_the_default_caps(synthesized: Synthesized) -> None:
    assert caps_of(synthesized) == Caps()


def test_the_parent_knows_the_caps_of_its_deployment(
    synthesized: Synthesized,
    tmp_path: Path,
    checkout: Path,
    synthesize: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = synthesize(checkout / "cdk" / "app.py", tmp_path, max_shards=3, max_rows_per_shard=5, max_rows=7)
    assert done.returncode == 0, done.stderr
    assert caps_of(replace(synthesized, folder=tmp_path)) == Caps(max_shards=3, max_rows_per_shard=5, max_rows=7)


def test_lambda_tries_again_and_then_tells_the_recorder(synthesized: Synthesized) -> None:
    settings = synthesized.resources("AWS::Lambda::EventInvokeConfig").values()
    told = {}
    for setting in settings:
        assert (setting["MaximumRetryAttempts"], setting["MaximumEventAgeInSeconds"]) == (2, 21_600)
        assert setting["Qualifier"] == "$LATEST"
        assert list(setting["DestinationConfig"]) == ["OnFailure"]
        told[setting["FunctionName"]["Ref"]] = setting["DestinationConfig"]["OnFailure"]["Destination"]
    child, parent, recorder = sorted(synthesized.resources("AWS::Lambda::Function"))
    (queue,) = synthesized.resources("AWS::SQS::Queue")
    assert (child[:5], parent[:6], recorder[:8]) == ("Child", "Parent", "Recorder")
    to_recorder = {"Fn::GetAtt": [recorder, "Arn"]}
    assert told == {child: to_recorder, parent: to_recorder, recorder: {"Fn::GetAtt": [queue, "Arn"]}}


def test_what_is_unrecorded_is_kept_for_two_weeks_and_encrypted(synthesized: Synthesized) -> None:
    queue = synthesized.only("AWS::SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    (statement,) = synthesized.only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("function", "memory", "seconds"), [("parent", 1024, 29), ("child", 1769, 300), ("recorder", 1024, 120)]
)
def test_functions_have_their_memory_and_time(
    synthesized: Synthesized, function: str, memory: int, seconds: int
) -> None:
    properties = function_of(synthesized, function)
    assert (properties["MemorySize"], properties["Timeout"]) == (memory, seconds)


def test_the_child_and_the_recorder_share_their_libraries(synthesized: Synthesized) -> None:
    (layer,) = synthesized.resources("AWS::Lambda::LayerVersion")
    for function in ("child", "recorder"):
        assert function_of(synthesized, function)["Layers"] == [{"Ref": layer}]
    assert "Layers" not in function_of(synthesized, "parent")


def test_logs_are_kept_for_a_month(synthesized: Synthesized) -> None:
    groups = synthesized.resources("AWS::Logs::LogGroup").values()
    assert [group["RetentionInDays"] for group in groups] == [30, 30, 30, 30]


def test_outputs_are_those_that_clients_look_for(synthesized: Synthesized) -> None:
    assert set(synthesized.template["Outputs"]) == {str(name) for name in (*Output, *OperatorOutput)}


def test_the_template_fits_any_account(synthesized: Synthesized) -> None:
    artifacts = json.loads((synthesized.folder / "manifest.json").read_text())["artifacts"]
    assert artifacts[synthesized.name]["environment"] == "aws://unknown-account/unknown-region"
    assert not re.findall(r":\d{12}:", synthesized.template_file.read_text())


def function_of(synthesized: Synthesized, function: str) -> dict[str, Any]:
    handler = f"lambdas.{function}.handler.handler"
    (found,) = (item for item in synthesized.resources("AWS::Lambda::Function").values() if item["Handler"] == handler)
    return found


def caps_of(synthesized: Synthesized) -> Caps:
    variables = function_of(synthesized, "parent")["Environment"]["Variables"]
    return Caps(
        max_shards=int(variables[Environment.MAX_SHARDS]),
        max_rows_per_shard=int(variables[Environment.MAX_ROWS_PER_SHARD]),
        max_rows=int(variables[Environment.MAX_ROWS]),
    )
