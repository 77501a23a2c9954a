"""What the template promises of the API: signed, validated, throttled, its errors in our shape, deployed anew."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.contract import CancelRequest, ErrorReply, ResumeRequest, RunRequest
from workbench.contract.gateway import request_schema

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Synthesized


def test_every_method_is_signed_and_validated(synthesized: Synthesized) -> None:
    resources = synthesized.resources("AWS::ApiGateway::Resource")
    methods = synthesized.resources("AWS::ApiGateway::Method").values()
    models = synthesized.resources("AWS::ApiGateway::Model")
    (validator,) = synthesized.resources("AWS::ApiGateway::RequestValidator")
    assert synthesized.only("AWS::ApiGateway::RequestValidator")["ValidateRequestBody"] is True
    schemas = {}
    for method in methods:
        assert (method["HttpMethod"], method["AuthorizationType"]) == ("POST", "AWS_IAM")
        assert method["RequestValidatorId"] == {"Ref": validator}
        (model,) = (name["Ref"] for name in method["RequestModels"].values())
        schemas[path_of(resources, method["ResourceId"])] = models[model]["Schema"]
    assert schemas == {
        "/runs": request_schema(RunRequest),
        "/runs/{run_id}/resume": request_schema(ResumeRequest),
        "/runs/{run_id}/cancel": request_schema(CancelRequest),
    }


def test_a_deployment_comes_after_what_it_is_a_snapshot_of(synthesized: Synthesized) -> None:
    found = synthesized.template["Resources"]
    (deployment,) = (item for item in found.values() if item["Type"] == "AWS::ApiGateway::Deployment")
    kinds = {"AWS::ApiGateway::Method", "AWS::ApiGateway::Model"}
    parts = {name for name, item in found.items() if item["Type"] in kinds}
    assert len(parts) == 6
    assert parts <= set(deployment["DependsOn"])


def test_another_schema_makes_another_deployment(
    synthesized: Synthesized,
    tmp_path: Path,
    own_app: Path,
    synthesize: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    api = own_app.with_name("api.py")
    changed = api.read_text().replace(
        "request_schema(body)", 'request_schema(body) | ({"description": ""} if "cancel" in path else {})'
    )
    api.write_text(changed)
    done = synthesize(own_app, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (before,) = synthesized.resources("AWS::ApiGateway::Deployment")
    (after,) = replace(synthesized, folder=tmp_path / "out").resources("AWS::ApiGateway::Deployment")
    assert before != after


def test_the_stage_is_throttled_and_logged(synthesized: Synthesized) -> None:
    stage = synthesized.only("AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"] <= 100
    # Bodies do not belong into logs.
    assert settings["DataTraceEnabled"] is False
    assert "requestId" in json.loads(stage["AccessLogSetting"]["Format"])


def test_gateway_errors_have_the_shape_of_ours(synthesized: Synthesized) -> None:
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


def path_of(resources: dict[str, dict[str, Any]], resource: Any) -> str:
    """The path of a resource of the API; empty for its root."""
    if "Ref" not in resource:
        return ""
    properties = resources[resource["Ref"]]
    return f"{path_of(resources, properties['ParentId'])}/{properties['PathPart']}"
