"""What Lambda's record of a failed invocation says: an error code, and words for a person.

The record is that of https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html.
"""

from __future__ import annotations

from typing import Any, Final

from workbench.contract import ErrorCode

__all__ = ["classify"]

_NEVER_RAN: Final = {
    "EventAgeExceeded": "its event grew too old before Lambda had capacity for it: raise the account's or the "
    "function's concurrency, or submit smaller runs"
}


def classify(record: dict[str, Any]) -> tuple[ErrorCode, str]:
    """Say why an asynchronous invocation was given up.

    Parameters
    ----------
    record : dict
        As Lambda sends it to an on-failure destination.

    Returns
    -------
    code, message
        ``THROTTLED`` where it never ran, ``TIMEOUT`` over the function's time limit, ``OOM`` where it was killed for
        its memory, else ``CRASH``.
    """
    context = record["requestContext"]
    tries = context.get("approximateInvokeCount", 0)
    answer = record.get("responsePayload") or {}
    kind = str(answer.get("errorType", "")) if isinstance(answer, dict) else ""
    said = str(answer.get("errorMessage", "")) if isinstance(answer, dict) else str(answer)
    if context["condition"] in _NEVER_RAN and not said:
        return ErrorCode.THROTTLED, _NEVER_RAN[context["condition"]]
    told = f"after {tries} tries: {kind}: {said}"
    if "Timedout" in kind or "Task timed out" in said:
        return ErrorCode.TIMEOUT, told
    if "OutOfMemory" in kind or "signal: killed" in said:
        return ErrorCode.OOM, told
    return ErrorCode.CRASH, told
