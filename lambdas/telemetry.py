"""What a function tells about itself: one logger, and metrics that CloudWatch takes out of its log.

Every line is JSON. What a function adds to the logger (run, shard, generation) stands in each further line of the
event, those of the workbench and of exceptions included, and so does Lambda's trace identifier, which botocore hands
on to whatever is invoked from here: one identifier leads from a request at the API to all of its children. Metrics are
lines in CloudWatch's embedded metric format, which cost neither a call nor a right.
"""

from __future__ import annotations

import logging
import os
import time
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from aws_lambda_powertools.logging import Logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Metric", "emit", "logger", "observed"]

Handler: TypeAlias = "Callable[[dict[str, Any], Any], Any]"

logger = Logger()


class Metric(StrEnum):
    """What is counted and timed; CloudWatch keeps each of them per function, those of failures per error code."""

    DISPATCH_TIME = "DispatchTime"
    DISPATCHED_SHARDS = "DispatchedShards"
    DUPLICATE_DELIVERIES = "DuplicateDeliveries"
    FAILED_ROWS = "FailedRows"
    LOST_SHARDS = "LostShards"
    ROWS = "Rows"
    ROWS_PER_SECOND = "RowsPerSecond"


_UNITS: Final = {Metric.DISPATCH_TIME: "Milliseconds", Metric.ROWS_PER_SECOND: "Count/Second"}
_SERVICE, _CODE = "service", "code"


def observed(handler: Handler) -> Handler:
    """Give every line of an event its context, and its exception a line that says which run and shard it hit."""
    workbench = logging.getLogger("workbench")
    workbench.handlers = [logger.registered_handler]
    workbench.propagate = False

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def telling(event: dict[str, Any], context: Any) -> Any:
        try:
            return handler(event, context)
        except Exception:
            logger.exception("failed")
            raise

    return telling


def emit(values: Mapping[Metric, float], *, code: str | None = None, **properties: str | int) -> None:
    """Write metrics as one line of the log.

    Parameters
    ----------
    values : mapping
        Of each metric.
    code : str, optional
        What the metrics are kept by, in the place of the function's name: an error code.
    properties : str or int
        What else the line says; no metric is kept by it, so it may have any number of values.
    """
    dimension = _SERVICE if code is None else _CODE
    directive = {
        "Namespace": os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "SweepWorkbench"),
        "Dimensions": [[dimension]],
        "Metrics": [{"Name": str(metric), "Unit": _UNITS.get(metric, "Count")} for metric in values],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1e3), "CloudWatchMetrics": [directive]},
        _SERVICE: os.environ.get("POWERTOOLS_SERVICE_NAME", "unknown"),
        **({} if code is None else {_CODE: code}),
        **properties,
        **{str(metric): value for metric, value in values.items()},
    }
    print(msgspec.json.encode(line).decode(), flush=True)  # noqa: T201 -- standard output is the log
