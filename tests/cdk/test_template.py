"""What the template promises: encryption, authentication, tables that fit the outcomes, names that clients look for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from workbench.contract import (
    MANIFEST_COLUMNS,
    Caps,
    Environment,
    ErrorReply,
    Output,
    outcome_columns,
    table_name,
)
from workbench.contract.gateway import request_schema

if TYPE_CHECKING:
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


def test_the_only_method_is_signed_and_validated(synthesized: Synthesized) -> None:
    method = synthesized.only("AWS::ApiGateway::Method")
    assert (method["HttpMethod"], method["AuthorizationType"]) == ("POST", "AWS_IAM")
    assert synthesized.only("AWS::ApiGateway::Resource")["PathPart"] == "runs"
    (model,) = synthesized.resources("AWS::ApiGateway::Model")
    (validator,) = synthesized.resources("AWS::ApiGateway::RequestValidator")
    assert method["RequestModels"] == {"application/json": {"Ref": model}}
    assert method["RequestValidatorId"] == {"Ref": validator}
    assert synthesized.only("AWS::ApiGateway::RequestValidator")["ValidateRequestBody"] is True
    assert synthesized.only("AWS::ApiGateway::Model")["Schema"] == request_schema()


def test_the_stage_is_throttled_and_logged(synthesized: Synthesized) -> None:
    stage = synthesized.only("AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"] <= 100
    # Bodies do not belong into logs.
    assert settings["DataTraceEnabled"] is False
    assert "requestId" in json.loads(stage["AccessLogSetting"]["Format"])


def test_gateway_errors_have_the_shape_of_ours(synthesized: Synthesized) -> None:
    import msgspec  # noqa: PLC0415 -- only here

    responses = synthesized.resources("AWS::ApiGateway::GatewayResponse").values()
    assert {response["ResponseType"] for response in responses} == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for response in responses:
        text = response["ResponseTemplates"]["application/json"]
        for variable, value in {
            "$context.error.responseType": "BAD_REQUEST_BODY",
            "$context.error.messageString": '"Invalid request body"',
            "$context.requestId": "4f1c",
        }.items():
            text = text.replace(variable, value)
        reply = msgspec.json.decode(text, type=ErrorReply)
        assert (reply.error.code, reply.error.message) == ("BAD_REQUEST_BODY", "Invalid request body")
        assert reply.request_id == "4f1c"


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
    ],
)
def test_functions_are_told_what_they_need(synthesized: Synthesized, function: str, expected: set[str]) -> None:
    properties = function_of(synthesized, function)
    variables = properties["Environment"]["Variables"]
    assert {name for name in variables if name.startswith("WORKBENCH_")} == {str(name) for name in expected}
    assert variables["POWERTOOLS_SERVICE_NAME"] == function
    assert properties["Runtime"] == "python3.13"


def test_the_parent_knows_the_default_caps(synthesized: Synthesized) -> None:
    variables = function_of(synthesized, "parent")["Environment"]["Variables"]
    read = Caps(
        max_shards=int(variables[Environment.MAX_SHARDS]),
        max_rows_per_shard=int(variables[Environment.MAX_ROWS_PER_SHARD]),
        max_rows=int(variables[Environment.MAX_ROWS]),
    )
    assert read == Caps()


def test_lambda_tries_children_again(synthesized: Synthesized) -> None:
    settings = synthesized.only("AWS::Lambda::EventInvokeConfig")
    assert (settings["MaximumRetryAttempts"], settings["MaximumEventAgeInSeconds"]) == (2, 21_600)
    assert settings["FunctionName"]["Ref"].startswith("Child")


def test_logs_are_kept_for_a_month(synthesized: Synthesized) -> None:
    groups = synthesized.resources("AWS::Logs::LogGroup").values()
    assert [group["RetentionInDays"] for group in groups] == [30, 30, 30]


def test_outputs_are_those_that_clients_look_for(synthesized: Synthesized) -> None:
    assert set(synthesized.template["Outputs"]) == {str(name) for name in Output}


def test_the_template_fits_any_account(synthesized: Synthesized) -> None:
    artifacts = json.loads((synthesized.folder / "manifest.json").read_text())["artifacts"]
    assert artifacts[synthesized.name]["environment"] == "aws://unknown-account/unknown-region"
    assert not re.findall(r":\d{12}:", synthesized.template_file.read_text())


def function_of(synthesized: Synthesized, function: str) -> dict[str, Any]:
    handler = f"lambdas.{function}.handler.handler"
    (found,) = (item for item in synthesized.resources("AWS::Lambda::Function").values() if item["Handler"] == handler)
    return found
