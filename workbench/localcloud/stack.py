"""One CloudFormation stack on the emulator: created or updated, waited for, its failures named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, WaiterError

from workbench.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["outputs", "put"]

_GOOD: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
_PATIENCE: Final = {"Delay": 1, "MaxAttempts": 120}
_UNCHANGED: Final = "No updates are to be performed"


def outputs(cloudformation: Any, name: str) -> dict[str, str] | None:
    """Return the outputs of a stack that stands.

    Parameters
    ----------
    cloudformation : botocore client
        Of the emulator.
    name : str
        Of the stack.

    Returns
    -------
    dict or None
        Values by name; None where there is no such stack, or not one that can be used.
    """
    stack = _describe(cloudformation, name)
    if stack is None or stack["StackStatus"] not in _GOOD:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def put(cloudformation: Any, name: str, template_url: str) -> dict[str, str]:
    """Make a stack be what a template says.

    Parameters
    ----------
    cloudformation : botocore client
        Of the emulator.
    name : str
        Of the stack.
    template_url : str
        Where the template lies: sent with the request it could have no more than 51,200 bytes.

    Returns
    -------
    dict
        The stack's outputs.

    Raises
    ------
    EmulatorError
        If a resource cannot be made or changed; with its name and the reason.
    """
    request = {
        "StackName": name,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    stack = _describe(cloudformation, name)
    if stack is not None and stack["StackStatus"] not in _GOOD:
        # Left over from a deploy that failed: CloudFormation does not update such a one.
        cloudformation.delete_stack(StackName=name)
        _await(cloudformation, "stack_delete_complete", name)
        stack = None
    if stack is None:
        _change(cloudformation.create_stack, request, name)
        _await(cloudformation, "stack_create_complete", name)
    elif _change(cloudformation.update_stack, request, name):
        _await(cloudformation, "stack_update_complete", name)
    result = outputs(cloudformation, name)
    if result is None:
        raise _failure(cloudformation, name)
    return result


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def _change(action: Callable[..., object], request: Mapping[str, object], name: str) -> bool:
    try:
        action(**request)
    except ClientError as error:
        if _UNCHANGED in str(error):
            return False
        raise EmulatorError(f"the stack {name!r} is refused by the emulator: {error}") from error
    return True


def _await(cloudformation: Any, state: str, name: str) -> None:
    try:
        cloudformation.get_waiter(state).wait(StackName=name, WaiterConfig=_PATIENCE)
    except WaiterError as error:
        raise _failure(cloudformation, name) from error


def _failure(cloudformation: Any, name: str) -> EmulatorError:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
    reasons = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason')}"
        for event in failed
        if "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    return EmulatorError(f"the stack {name!r} could not be deployed:\n" + "\n".join(reasons or ["  no reason given"]))
