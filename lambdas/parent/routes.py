"""Events in, answers out: which request means what, and one log line for each with its run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from lambdas.parent.cancel import cancel
from lambdas.parent.dispatch import start_children
from lambdas.parent.replies import error_reply, reply
from lambdas.parent.resume import resume
from lambdas.parent.submit import submit
from lambdas.telemetry import logger
from workbench.contract import CancelRequest, Dispatch, ResumeRequest, RunRequest, decode, plan_run
from workbench.errors import ContractError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.parent.service import Service
    from workbench.contract.codec import Document

__all__ = ["answer", "start"]

Event: TypeAlias = dict[str, Any]
_BODY: Final = "the request's body"


def answer(event: Event, service: Service) -> dict[str, Any]:
    """Answer a request that came through API Gateway.

    Parameters
    ----------
    event : dict
        As a REST API's proxy integration sends it.
    service : Service
        What to act through.

    Returns
    -------
    dict
        As the integration takes it. Errors of ours become answers; anything else is a fault of the parent and raised.
    """
    request_id = event["requestContext"]["requestId"]
    logger.append_keys(api_request_id=request_id)
    try:
        status, body = _route(event)(event, service)
    except WorkbenchError as error:
        status, refusal = error_reply(error, request_id=request_id)
        logger.warning("refused", status=status, error=str(error))
        return reply(status, refusal)
    logger.info("answered", status=status, reply=msgspec.to_builtins(body))
    return reply(status, body)


def start(event: Event, service: Service) -> None:
    """Start the children that another parent asks for.

    Parameters
    ----------
    event : dict
        A `Dispatch`.
    service : Service
        What to act through.

    Raises
    ------
    RunError
        If some children cannot be started, after all were tried: Lambda then delivers the event again.
    """
    dispatch = msgspec.convert(event, Dispatch)
    logger.append_keys(run_id=dispatch.run_id, generation=dispatch.generation)
    start_children(dispatch, service.dispatcher)
    logger.info("started", shards=dispatch.shards)


def _route(event: Event) -> Callable[[Event, Service], tuple[int, Document]]:
    asked = (event["httpMethod"], event["resource"])
    try:
        return _ROUTES[asked]
    except KeyError:
        raise ContractError(f"there is no {' '.join(asked)} here") from None


def _submit(event: Event, service: Service) -> tuple[int, Document]:
    request = decode(event.get("body") or "{}", RunRequest, source=_BODY)
    manifest = plan_run(request, service.catalog, service.caps, created_by=_caller(event), created_at=_now())
    logger.append_keys(run_id=manifest.run_id)
    return submit(manifest, service)


def _resume(event: Event, service: Service) -> tuple[int, Document]:
    run_id = _run_id(event)
    request = decode(event.get("body") or "{}", ResumeRequest, source=_BODY)
    return 202, resume(run_id, service, include=request.include, by=_caller(event), at=_now())


def _cancel(event: Event, service: Service) -> tuple[int, Document]:
    run_id = _run_id(event)
    decode(event.get("body") or "{}", CancelRequest, source=_BODY)
    return 202, cancel(run_id, service, by=_caller(event), at=_now())


def _run_id(event: Event) -> str:
    run_id: str = event["pathParameters"]["run_id"]
    logger.append_keys(run_id=run_id)
    return run_id


def _caller(event: Event) -> str:
    return event["requestContext"]["identity"].get("userArn") or "unknown"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


_ROUTES: Final[Mapping[tuple[str, str], Callable[[Event, Service], tuple[int, Document]]]] = {
    ("POST", "/runs"): _submit,
    ("POST", "/runs/{run_id}/resume"): _resume,
    ("POST", "/runs/{run_id}/cancel"): _cancel,
}
