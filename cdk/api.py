"""The API: three methods, open to signed requests only, their bodies checked before any function runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from access import closed, closed_answer, endpoints, resource_policy
from log_groups import log_group
from logical_ids import logical_id
from workbench.contract import CancelRequest, ResumeRequest, RunRequest
from workbench.contract.gateway import request_schema

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import IConstruct

    from config import StageConfig
    from workbench.contract.codec import Document

__all__ = ["RunsApi"]

_STAGE = "v1"
_JSON = "application/json"
_BODIES: dict[str, type[Document]] = {
    "/runs": RunRequest,
    "/runs/{run_id}/resume": ResumeRequest,
    "/runs/{run_id}/cancel": CancelRequest,
}
# What makes children start; a deployment whose ingress is off still cancels.
_STARTING = ("/runs", "/runs/{run_id}/resume")
# In these templates a variable is replaced as it stands; `messageString` brings its own quotes.
_ERROR = (
    '{"error":{"code":"$context.error.responseType","message":$context.error.messageString,"details":[]},'
    '"request_id":"$context.requestId"}'
)


class RunsApi(Construct):
    """What is answered by the parent; every error has the shape that the parent's own errors have."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, parent: lambda_.IFunction) -> None:
        super().__init__(scope, construct_id)
        self.access_log = log_group(self, "AccessLog", config=config)
        self.api = self._rest_api(config)
        for kind in (apigateway.ResponseType.DEFAULT_4_XX, apigateway.ResponseType.DEFAULT_5_XX):
            name = f"Error{kind.response_type.removeprefix('DEFAULT_')}"
            self.api.add_gateway_response(name, type=kind, templates={_JSON: _ERROR})
        # The stack names its outputs itself.
        self.api.node.try_remove_child("Endpoint")
        self._methods = self._add_methods(parent, ingress=config.ingress)
        self._acknowledge()

    @property
    def url(self) -> str:
        """Address of the deployed stage, without a slash at the end."""
        stack = self.api.stack
        return f"https://{self.api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}/{_STAGE}"

    def method_arns(self, *paths: str) -> list[str]:
        """Return what a caller of some paths needs the right to invoke; without any, of all."""
        return [self._methods[path].method_arn for path in paths or self._methods]

    def acknowledge(self, holder: IConstruct, *paths: str) -> None:
        """Explain the wildcards of who may invoke some paths; without any, all."""
        stage = f"<{logical_id(self.api)}>/<{logical_id(self.api.deployment_stage)}>"
        for path in paths or _BODIES:
            if "{run_id}" in path:
                Validations.of(holder).acknowledge(
                    Acknowledgment(
                        id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:"
                        f"<AWS::AccountId>:{stage}/POST{path.replace('{run_id}', '*')}]",
                        reason="The names of runs are made at run time; the rights end at one method of one API.",
                    )
                )

    def _rest_api(self, config: StageConfig) -> apigateway.RestApi:
        return apigateway.RestApi(
            self,
            "Api",
            rest_api_name=config.stack_name,
            description="Submits parameter sweeps.",
            endpoint_configuration=endpoints(self, config),
            policy=resource_policy(config),
            # A setting of the whole account: without it no stage of the account can write a log.
            cloud_watch_role=True,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE,
                throttling_rate_limit=20,
                throttling_burst_limit=40,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    caller=True,
                    http_method=True,
                    ip=True,
                    protocol=True,
                    request_time=True,
                    resource_path=True,
                    response_length=True,
                    status=True,
                    user=True,
                ),
            ),
        )

    def _add_methods(self, parent: lambda_.IFunction, *, ingress: bool) -> dict[str, apigateway.Method]:
        validator = apigateway.RequestValidator(
            self, "Validator", rest_api=self.api, validate_request_body=True, validate_request_parameters=True
        )
        methods = {}
        for path, body in _BODIES.items():
            name, schema = body.__name__, request_schema(body)
            is_open = ingress or path not in _STARTING
            model = apigateway.CfnModel(self, name, rest_api_id=self.api.rest_api_id, content_type=_JSON, schema=schema)
            methods[path] = self.api.root.resource_for_path(path).add_method(
                "POST",
                apigateway.LambdaIntegration(parent, allow_test_invoke=False) if is_open else closed(),
                method_responses=None if is_open else [closed_answer()],
                authorization_type=apigateway.AuthorizationType.IAM,
                request_models={_JSON: apigateway.Model.from_model_name(self, f"{name}Model", model.ref)},
                request_validator=validator,
            )
            deployment = self.api.latest_deployment
            if deployment is not None:
                # A deployment is a snapshot: another schema must make another one, after the model.
                deployment.add_to_logical_id(json.dumps(schema, sort_keys=True))
                deployment.node.add_dependency(model)
        return methods

    def _acknowledge(self) -> None:
        Validations.of(self.api).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]",
                reason="API Gateway writes logs with AWS's own AmazonAPIGatewayPushToCloudWatchLogs policy; the role "
                "belongs to the account, and a copy of the policy would only fall behind.",
            ),
            Acknowledgment(
                id="AwsSolutions-APIG3",
                reason="No web firewall: every request must be signed by an IAM identity of the account, is throttled, "
                "and is checked against a schema. There is no anonymous caller to filter.",
            ),
        )
        for method in self._methods.values():
            Validations.of(method).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-COG4",
                    reason="Callers are IAM identities that sign with SigV4; the workbench has no users of its own "
                    "that a Cognito pool could hold.",
                )
            )
