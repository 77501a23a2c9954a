"""Where an asynchronous invocation goes when it has failed: the record that AWS documents, and its delivery.

The record is that of https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. Queues and
functions are delivered to, which is what the project's template uses; other kinds are logged as undeliverable.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["Condition", "FailedEvent", "Handler", "Response", "deliver", "failure_record"]

logger = logging.getLogger(__name__)

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body, as the emulator's services answer."""

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Coroutine[Any, Any, Response]]
"""A service of the emulator: method, path, headers, body and query in, a response out."""

Condition = Literal["RetriesExhausted", "EventAgeExceeded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """An asynchronous invocation that is given up.

    Parameters
    ----------
    request_id : str
        The invocation's name, the same over all tries.
    function_arn : str
        ARN of the function with its qualifier.
    condition : Condition
        Why it is given up.
    attempts : int
        How often the function ran.
    payload : bytes
        JSON that the function was invoked with; empty for none.
    answer : tuple of (int, dict, bytes), optional
        What the last try answered; None when there was none.
    """

    request_id: str
    function_arn: str
    condition: Condition
    attempts: int
    payload: bytes
    answer: Response | None


def failure_record(event: FailedEvent, *, now: datetime) -> dict[str, Any]:
    """Describe a failed invocation as Lambda describes it to a destination.

    Parameters
    ----------
    event : FailedEvent
        The invocation.
    now : datetime
        Time of the record, with a time zone.

    Returns
    -------
    dict
        The record. The response's parts are missing when the function never answered.
    """
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": event.function_arn,
            "condition": event.condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload or b"{}"),
    }
    if event.answer is not None:
        status, headers, body = event.answer
        context = {"statusCode": status, "executedVersion": headers.get("X-Amz-Executed-Version", "$LATEST")}
        if "X-Amz-Function-Error" in headers:
            context["functionError"] = headers["X-Amz-Function-Error"]
        record["responseContext"] = context
        record["responsePayload"] = json.loads(body or b"null")
    return record


async def deliver(
    record: dict[str, Any], *, destination: str, lambda_headers: dict[str, str], invoke: Handler, queues: Handler
) -> None:
    """Send a record to its destination; a refusal is logged, as Lambda only counts it in a metric.

    Parameters
    ----------
    record : dict
        What :func:`failure_record` made.
    destination : str
        ARN of a standard SQS queue or of a Lambda function.
    lambda_headers : dict
        Further headers for a function, such as the depth of the chain of invocations.
    invoke, queues : Handler
        The Lambda and the SQS service.
    """
    body = json.dumps(record).encode()
    service = destination.split(":")[2:3]
    if service == ["lambda"]:
        headers = {**lambda_headers, "x-amz-invocation-type": "Event"}
        status, _, answer = await invoke("POST", f"/2015-03-31/functions/{destination}/invocations", headers, body, {})
    elif service == ["sqs"]:
        status, _, answer = await _send_message(queues, destination, body.decode())
    else:
        status, answer = 400, b"only SQS queues and Lambda functions are supported"
    if status >= 300:  # noqa: PLR2004 -- HTTP: everything from here on is a refusal
        logger.warning("no record of a failed invocation reached %s: %s %s", destination, status, answer.decode())


async def _send_message(queues: Handler, arn: str, message: str) -> Response:
    account, name = arn.split(":")[4:6]
    found = await _sqs(queues, "GetQueueUrl", {"QueueName": name, "QueueOwnerAWSAccountId": account})
    if found[0] != 200:  # noqa: PLR2004 -- HTTP: success
        return found
    return await _sqs(queues, "SendMessage", {"QueueUrl": json.loads(found[2])["QueueUrl"], "MessageBody": message})


async def _sqs(queues: Handler, action: str, request: dict[str, str]) -> Response:
    return await queues("POST", "/", {"x-amz-target": f"AmazonSQS.{action}"}, json.dumps(request).encode(), {})
