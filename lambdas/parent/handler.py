"""What Lambda calls: API Gateway with a request, or the parent itself with the shards of a large run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.parent.routes import answer, start
from lambdas.parent.wiring import wire
from lambdas.telemetry import observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any] | None:
    """Answer a request, or start the children of a `Dispatch`."""
    if "requestContext" in event:
        return answer(event, wire())
    start(event, wire())
    return None
