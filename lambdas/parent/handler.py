"""What API Gateway calls: an event in, an HTTP answer out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

from lambdas.parent.replies import error_reply, reply
from lambdas.parent.submit import submit
from lambdas.parent.wiring import wire
from workbench.contract import RunRequest, decode
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer ``POST /runs``."""
    request_id = event["requestContext"]["requestId"]
    logger.append_keys(api_request_id=request_id)
    try:
        request = decode(event.get("body") or "", RunRequest, source="the request's body")
        status, answer = submit(request, wire(), caller=event["requestContext"]["identity"].get("userArn") or "unknown")
    except WorkbenchError as error:
        status, refusal = error_reply(error, request_id=request_id)
        logger.warning("refused", status=status, error=str(error))
        return reply(status, refusal)
    logger.info("submitted", run_id=answer.run_id, new=answer.created, shards=answer.n_shards, rows=answer.n_rows)
    return reply(status, answer)
