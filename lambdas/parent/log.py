"""The parent's log: one logger, so that what one module adds to it stands in every line of the request."""

from __future__ import annotations

from aws_lambda_powertools.logging import Logger

__all__ = ["logger"]

logger = Logger()
