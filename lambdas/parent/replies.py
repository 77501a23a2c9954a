"""Answers and errors as HTTP: one status for each kind of error, one shape for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.contract import ErrorBody, ErrorDetail, ErrorReply, encode
from workbench.errors import (
    CodeMismatchError,
    ContractError,
    Fault,
    RunConflictError,
    SweepError,
    UnknownRunError,
    WorkbenchError,
)

if TYPE_CHECKING:
    import msgspec

__all__ = ["error_reply", "reply"]


def reply(status: int, body: msgspec.Struct) -> dict[str, Any]:
    """Make the answer that API Gateway's proxy integration passes on."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": encode(body).decode(),
    }


def error_reply(error: WorkbenchError, *, request_id: str) -> tuple[int, ErrorReply]:
    """Put an error into the one shape, with its status."""
    faults: tuple[Fault, ...] = ()
    match error:
        case SweepError(faults=faults, over_cap=over_cap):
            status, code = (413, "over_cap") if over_cap else (422, "invalid_sweep")
            message = "the sweep is larger than this deployment takes" if over_cap else "the sweep cannot be evaluated"
        case CodeMismatchError():
            status, code, message = 409, "code_mismatch", str(error)
        case RunConflictError():
            status, code, message = 409, "run_conflict", str(error)
        case UnknownRunError():
            status, code, message = 404, "unknown_run", str(error)
        case ContractError():
            status, code, message = 400, "malformed", str(error)
        case _:
            status, code, message = 502, "unavailable", str(error)
    details = tuple(ErrorDetail(fault.path, fault.message) for fault in faults)
    return status, ErrorReply(error=ErrorBody(code=code, message=message, details=details), request_id=request_id)
