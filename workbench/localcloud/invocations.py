"""Asynchronous Lambda invocations with a bound, and with Lambda's own rules for retries and failures.

The emulator runs every asynchronous invocation at once, in a process of its own, and lets throttled ones burn their
retries. Here they wait in one queue, and a fixed number of workers invoke the emulator's own handler synchronously,
each event in the context of the request that brought it. The rules are those of
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import re
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from workbench.localcloud.destinations import Condition, FailedEvent, deliver, failure_record
from workbench.localcloud.failures import in_lambdas_words, note_exits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.localcloud.destinations import Handler, Response

__all__ = ["AsynchronousInvocations", "retry_delay", "throttle_delay"]

logger = logging.getLogger(__name__)

_TYPE = "x-amz-invocation-type"
_LOG = "x-amz-log-type"
_DEPTH = "x-ministack-invoke-depth"
_INVOCATIONS = re.compile(r"^/2015-03-31/functions/(?P<function>[^/]+)/invocations/?$")

_RETRIES = 2
_MAX_AGE = 6 * 3600.0
_NOT_JSON: Response = (
    HTTPStatus.BAD_REQUEST.value,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "InvalidRequestContentException"},
    b'{"Type": "User", "message": "Could not parse request body into json"}',
)


def retry_delay(attempts: int, *, base: float) -> float:
    """Seconds until a function that failed is tried again: one minute, then two, on AWS.

    Parameters
    ----------
    attempts : int
        How often it ran so far; at least 1.
    base : float
        Seconds that stand for AWS's minute.

    Returns
    -------
    float
        Seconds to wait.
    """
    return base * float(2 ** (attempts - 1))


def throttle_delay(refusals: int, *, base: float) -> float:
    """Seconds until an event that found no capacity is tried again: from one second to five minutes, on AWS.

    Parameters
    ----------
    refusals : int
        How often in a row it was refused; at least 1.
    base : float
        Seconds that stand for AWS's minute.

    Returns
    -------
    float
        Seconds to wait.
    """
    return min(base / 60 * 2.0 ** min(refusals - 1, 32), 5 * base)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    function: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    context: contextvars.Context
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted: float = field(default_factory=time.monotonic)
    attempts: int = 0
    refusals: int = 0
    answer: Response | None = None

    def age(self) -> float:
        return time.monotonic() - self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """What a function's EventInvokeConfig says; the defaults are AWS's."""

    function_arn: str = ""
    retries: int = _RETRIES
    max_age: float = _MAX_AGE
    on_failure: str = ""

    @classmethod
    def parse(cls, config: Mapping[str, Any]) -> _Settings:
        on_failure = (config.get("DestinationConfig") or {}).get("OnFailure") or {}
        arn = config["FunctionArn"]
        return cls(
            function_arn=arn if arn.count(":") > 6 else f"{arn}:$LATEST",  # noqa: PLR2004 -- an ARN without qualifier
            retries=int(config.get("MaximumRetryAttempts", _RETRIES)),
            max_age=float(config.get("MaximumEventAgeInSeconds", _MAX_AGE)),
            on_failure=on_failure.get("Destination") or "",
        )


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except ValueError:
        return False
    return True


class AsynchronousInvocations:
    """The emulator's Lambda service with its asynchronous invocations behind a bounded queue.

    Parameters
    ----------
    invoke : Handler
        The emulator's own Lambda service.
    queues : Handler
        Its SQS service, for failure records.
    concurrency : int
        How many events run at once.
    retry_seconds : float
        Seconds that stand for the minute that AWS waits before the first retry.
    """

    def __init__(self, invoke: Handler, queues: Handler, *, concurrency: int, retry_seconds: float) -> None:
        self._invoke = invoke
        self._queues = queues
        self._concurrency = concurrency
        self._retry_seconds = retry_seconds
        self._waiting: asyncio.Queue[_Event] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._delayed = 0
        self._running = 0

    def open(self) -> None:
        """Start the workers, on the event loop that serves."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._concurrency)]

    def close(self) -> int:
        """Stop taking events from the queue; those that wait or run are lost with the emulator.

        Returns
        -------
        int
            How many were lost.
        """
        for worker in self._workers:
            worker.cancel()
        lost = self._waiting.qsize() + self._delayed + self._running
        if lost:
            logger.warning("%d asynchronous invocations had not ended and are dropped", lost)
        return lost

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> Response:
        """Answer a request to the Lambda service.

        Parameters
        ----------
        method, path, headers, body, query_params
            The request, authorized already.

        Returns
        -------
        tuple of (int, dict, bytes)
            202 for an asynchronous invocation that was accepted; otherwise what the emulator answers.
        """
        match = _INVOCATIONS.match(unquote(path))
        lowered = {name.lower(): value for name, value in headers.items()}
        if method != "POST" or match is None or lowered.get(_TYPE) != "Event":
            return await self._invoke(method, path, headers, body, query_params)
        if not _is_json(body):
            return _NOT_JSON
        rehearsal = await self._invoke(method, path, {**lowered, _TYPE: "DryRun"}, body, query_params)
        if rehearsal[0] != HTTPStatus.NO_CONTENT:
            return rehearsal
        self._waiting.put_nowait(
            _Event(
                function=match["function"],
                headers={**lowered, _TYPE: "RequestResponse", _LOG: "Tail"},
                body=body,
                query=query_params,
                context=contextvars.copy_context(),
            )
        )
        return HTTPStatus.ACCEPTED.value, rehearsal[1], b""

    async def _work(self) -> None:
        while True:
            event = await self._waiting.get()
            self._running += 1
            try:
                # A context can be entered once at a time and keeps what a try leaves in it: each try gets a copy.
                await asyncio.create_task(self._try(event), context=event.context.copy())
            except Exception:  # the worker must outlive whatever is wrong with one event
                logger.exception("event %s of %s is lost", event.request_id, event.function)
            finally:
                self._running -= 1

    async def _try(self, event: _Event) -> None:
        settings = await self._settings(event)
        if event.age() > settings.max_age:
            await self._give_up(event, settings, "EventAgeExceeded")
            return
        answer = await self._run(event)
        if answer[0] == HTTPStatus.TOO_MANY_REQUESTS or answer[0] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._refused(event)
        elif answer[0] != HTTPStatus.OK:  # deleted meanwhile, or a loop of invocations: trying again cannot help
            logger.warning("event %s of %s is refused: %s", event.request_id, event.function, answer[2].decode())
            await self._give_up(replace(event, answer=answer), settings, "RetriesExhausted")
        elif "X-Amz-Function-Error" in answer[1]:
            await self._failed(replace(event, attempts=event.attempts + 1, refusals=0, answer=answer), settings)

    async def _run(self, event: _Event) -> Response:
        path = f"/2015-03-31/functions/{event.function}/invocations"
        exits = note_exits()
        try:
            answer = await self._invoke("POST", path, event.headers, event.body, event.query)
            return in_lambdas_words(answer, request_id=event.request_id, exits=exits)
        except Exception as error:  # a fault of the emulator is what AWS calls a system error
            logger.exception("the emulator failed on event %s of %s", event.request_id, event.function)
            return HTTPStatus.INTERNAL_SERVER_ERROR.value, {}, str(error).encode()

    async def _failed(self, event: _Event, settings: _Settings) -> None:
        if event.attempts <= settings.retries:
            self._put_later(event, retry_delay(event.attempts, base=self._retry_seconds))
        else:
            await self._give_up(event, settings, "RetriesExhausted")

    def _refused(self, event: _Event) -> None:
        refusals = event.refusals + 1
        self._put_later(replace(event, refusals=refusals), throttle_delay(refusals, base=self._retry_seconds))

    def _put_later(self, event: _Event, delay: float) -> None:
        """Queue an event again after a while, during which it holds no worker."""
        self._delayed += 1
        asyncio.get_running_loop().call_later(delay, self._put_again, event)

    def _put_again(self, event: _Event) -> None:
        self._delayed -= 1
        self._waiting.put_nowait(event)

    async def _settings(self, event: _Event) -> _Settings:
        path = f"/2019-09-25/functions/{event.function}/event-invoke-config"
        # $LATEST and no qualifier are the same to AWS, and two different settings to the emulator.
        for query in (event.query, {"Qualifier": ["$LATEST"], **event.query}):
            status, _, body = await self._invoke("GET", path, {}, b"", query)
            if status == HTTPStatus.OK:
                return _Settings.parse(json.loads(body))
        return _Settings()

    async def _give_up(self, event: _Event, settings: _Settings, condition: Condition) -> None:
        logger.warning("event %s of %s is given up: %s", event.request_id, event.function, condition)
        if not settings.on_failure:
            return
        failed = FailedEvent(
            request_id=event.request_id,
            function_arn=settings.function_arn,
            condition=condition,
            attempts=event.attempts,
            payload=event.body,
            answer=event.answer,
        )
        await deliver(
            failure_record(failed, now=datetime.now(UTC)),
            destination=settings.on_failure,
            # The destination is one step further in the chain of invocations than the function that failed.
            lambda_headers={_DEPTH: str(int(event.headers.get(_DEPTH, "0")) + 1)},
            invoke=self.handle_request,
            queues=self._queues,
        )
