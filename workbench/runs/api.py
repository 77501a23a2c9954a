"""The service's API from the client's side: signed requests, and its errors as ours."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.httpsession import URLLib3Session

from workbench.contract import (
    CancelReply,
    CancelRequest,
    ErrorReply,
    ResumeReply,
    ResumeRequest,
    RunReply,
    RunRequest,
    decode,
    encode,
)
from workbench.errors import ApiError, DeploymentError, Fault, SweepError

if TYPE_CHECKING:
    import boto3
    from botocore.awsrequest import AWSResponse

    from workbench.contract import Include
    from workbench.runs.watch import Clock

__all__ = ["Api"]

_TIMEOUT_SECONDS: Final = 30
_LOG_IN: Final = "run `aws configure`, `aws sso login`, or name a profile"
_ERROR_STATUS: Final = 400
# Too busy, or gone before it answered. Every route is safe to repeat: a run is found again, a control written once, and
# a resume whose answer was lost only begins one more generation.
_PASSING: Final = frozenset({429, 502, 503, 504})
_TRIES: Final = 4
# Lambda takes events of 6 MB, of which the body is one text, its quotes escaped; the gateway's wrapping is the rest.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_BODY: Final = 5_000_000
_BACK_OFF_SECONDS: Final = 0.5  # doubles from try to try; three pauses of at most 3.5 s together


class Api:
    """The routes of a deployed stack.

    Parameters
    ----------
    url : str
        Of the API's stage, without a slash at the end.
    session : boto3.session.Session
        Whose credentials sign.
    remedy : str
        What to do where it cannot be reached.
    clock : Clock
        What measures the pauses between tries.
    """

    def __init__(self, url: str, session: boto3.session.Session, *, remedy: str, clock: Clock = time) -> None:
        self._url = url
        self._session = session
        self._remedy = remedy
        self._clock = clock
        self._http = URLLib3Session(timeout=_TIMEOUT_SECONDS)

    def submit(self, request: RunRequest) -> RunReply:
        """Send ``POST /runs``.

        Parameters
        ----------
        request : RunRequest
            The body.

        Returns
        -------
        RunReply

        Raises
        ------
        SweepError
            If it is larger than a request may be.
        ApiError
            If the service refuses; with every fault that it found.
        DeploymentError
            If it cannot be reached, or there are no credentials to sign with.
        """
        body = encode(request)
        if (size := len(msgspec.json.encode(body.decode()))) > _MAX_BODY:
            raise SweepError([_too_large(size)], over_cap=True)
        return decode(self._post("/runs", body), RunReply, source=f"the answer of {self._url}/runs")

    def resume(self, run_id: str, include: Include) -> ResumeReply:
        """Send ``POST /runs/{run_id}/resume``; errors as of `submit`.

        Parameters
        ----------
        run_id : str
            Which run.
        include : {'infra', 'all'}
            Which failed rows to evaluate again.

        Returns
        -------
        ResumeReply
        """
        path = f"/runs/{run_id}/resume"
        answer = self._post(path, encode(ResumeRequest(include=include)))
        return decode(answer, ResumeReply, source=f"the answer of {self._url}{path}")

    def cancel(self, run_id: str) -> CancelReply:
        """Send ``POST /runs/{run_id}/cancel``; errors as of `submit`.

        Parameters
        ----------
        run_id : str
            Which run.

        Returns
        -------
        CancelReply
        """
        path = f"/runs/{run_id}/cancel"
        return decode(self._post(path, encode(CancelRequest())), CancelReply, source=f"the answer of {self._url}{path}")

    def _post(self, path: str, body: bytes) -> bytes:
        for tries_left in reversed(range(_TRIES)):
            message = self._signed(path, body)
            try:
                answer: AWSResponse = self._http.send(message)
            except (BotoConnectionError, HTTPClientError) as error:
                if not tries_left:
                    raise DeploymentError(f"{self._url} cannot be reached ({error}): {self._remedy}") from error
            else:
                if answer.status_code < _ERROR_STATUS:
                    content: bytes = answer.content
                    return content
                if answer.status_code not in _PASSING or not tries_left:
                    raise _refusal(answer.status_code, answer.content)
            pause = _BACK_OFF_SECONDS * 2 ** (_TRIES - 1 - tries_left)
            self._clock.sleep(pause * random.uniform(0.5, 1))
        raise AssertionError("the last try returns or raises")

    def _signed(self, path: str, body: bytes) -> Any:
        message = AWSRequest(
            method="POST", url=self._url + path, data=body, headers={"Content-Type": "application/json"}
        )
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise DeploymentError(f"there are no AWS credentials: {_LOG_IN}")
            SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._session.region_name).add_auth(message)
        except (BotoCoreError, ClientError) as error:
            raise DeploymentError(f"the AWS credentials cannot be used ({error}): {_LOG_IN}") from error
        return message.prepare()


def _too_large(size: int) -> Fault:
    return Fault(
        "sweep.space",
        f"takes {size / 1e6:.1f} MB as a request, at most {_MAX_BODY / 1e6:.0f}: its values are spelled out, as those "
        "of a list, a sampled design or a derived parameter are. Split the sweep; use range and linspace, and put what "
        "is derived into a factor of its own; or run it on this machine, wb.processes()",
    )


def _refusal(status: int, content: bytes) -> ApiError:
    try:
        reply = msgspec.json.decode(content, type=ErrorReply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not from our service: the gateway's own words, or a proxy's.
        return ApiError(status=status, code="refused", message=_gateway_message(content))
    return ApiError(
        status=status,
        code=reply.error.code,
        message=reply.error.message,
        faults=(Fault(detail.path, detail.message) for detail in reply.error.details),
        request_id=reply.request_id,
    )


def _gateway_message(content: bytes) -> str:
    try:
        document: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content.decode("utf-8", "replace")[:500]
    if isinstance(document, dict):
        return str(document.get("message") or document.get("Message") or document)
    return str(document)
