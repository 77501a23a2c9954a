"""From where the API is reached: which accounts may call, through which endpoints, and what a closed route answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import Aws
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from config import StageConfig

__all__ = ["closed", "closed_answer", "endpoints", "resource_policy"]

_JSON: Final = "application/json"
# Not 503: clients try that again, and this lasts until the next deploy.
_CLOSED_STATUS: Final = "403"
_CLOSED: Final = {
    "error": {
        "code": "ingress_closed",
        "message": "this deployment takes no submissions for now; what was submitted goes on, and can be queried and "
        "cancelled",
        "details": [],
    },
    "request_id": "$context.requestId",
}


def resource_policy(config: StageConfig) -> iam.PolicyDocument | None:
    """Return who is turned away whatever their own policies say; None where nobody is.

    It lets nobody of the stack's own account in: API Gateway would then ask for no policy of their own any more.
    """
    statements = []
    if config.source_accounts:
        others = {"StringNotEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}}
        callers = [iam.AccountPrincipal(account) for account in config.source_accounts]
        statements = [
            _statement(iam.Effect.ALLOW, callers, others),
            _denial({"aws:PrincipalAccount": list(config.source_accounts)}),
        ]
    if config.vpc_endpoints:
        statements.append(_denial({"aws:SourceVpce": list(config.vpc_endpoints)}))
    return iam.PolicyDocument(statements=statements) if statements else None


def _denial(unless: dict[str, list[str]]) -> iam.PolicyStatement:
    return _statement(iam.Effect.DENY, [iam.AnyPrincipal()], {"StringNotEquals": unless})


def _statement(
    effect: iam.Effect, callers: Sequence[iam.IPrincipal], conditions: Mapping[str, object]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=effect,
        principals=callers,
        actions=["execute-api:Invoke"],
        resources=["execute-api:/*"],
        conditions=dict(conditions),
    )


def endpoints(scope: Construct, config: StageConfig) -> apigateway.EndpointConfiguration:
    """Return how the API is reached: from everywhere, or from inside some networks only."""
    if not config.vpc_endpoints:
        return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL])
    return apigateway.EndpointConfiguration(
        types=[apigateway.EndpointType.PRIVATE],
        vpc_endpoints=[
            ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                scope, f"Endpoint{position}", vpc_endpoint_id=name, port=443
            )
            for position, name in enumerate(config.vpc_endpoints)
        ],
    )


def closed() -> apigateway.MockIntegration:
    """Return what stands where the parent would: the gateway answers by itself, and no function is called."""
    return apigateway.MockIntegration(
        request_templates={_JSON: json.dumps({"statusCode": int(_CLOSED_STATUS)})},
        passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
        integration_responses=[
            apigateway.IntegrationResponse(
                status_code=_CLOSED_STATUS,
                selection_pattern=_CLOSED_STATUS,
                response_templates={_JSON: json.dumps(_CLOSED)},
            )
        ],
    )


def closed_answer() -> apigateway.MethodResponse:
    """Return the declaration of what `closed` answers."""
    return apigateway.MethodResponse(status_code=_CLOSED_STATUS)
