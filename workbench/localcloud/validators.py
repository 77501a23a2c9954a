"""What the emulator's CloudFormation leaves out of an API: the validators that check bodies against their models."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["attach_validators"]

_NAME: Final = "body"


def attach_validators(apigateway: Any, api_id: str) -> None:
    """Make every method that has a request model check its bodies, as the template says and AWS does.

    Parameters
    ----------
    apigateway : botocore client
        Of the emulator.
    api_id : str
        The API.
    """
    validator_id = _validator(apigateway, api_id)
    operation = {"op": "replace", "path": "/requestValidatorId", "value": validator_id}
    for resource in apigateway.get_resources(restApiId=api_id, embed=["methods"])["items"]:
        for verb, method in resource.get("resourceMethods", {}).items():
            if method.get("requestModels"):
                apigateway.update_method(
                    restApiId=api_id, resourceId=resource["id"], httpMethod=verb, patchOperations=[operation]
                )


def _validator(apigateway: Any, api_id: str) -> str:
    known = apigateway.get_request_validators(restApiId=api_id).get("items", [])
    for validator in known:
        if validator.get("name") == _NAME:
            return str(validator["id"])
    made = apigateway.create_request_validator(restApiId=api_id, name=_NAME, validateRequestBody=True)
    return str(made["id"])
