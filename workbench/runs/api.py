"""The service's API from the client's side: signed requests, and its errors as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session

from workbench.contract import ErrorReply, RunReply, RunRequest, decode, encode
from workbench.errors import ApiError, DeploymentError, Fault

if TYPE_CHECKING:
    import boto3

__all__ = ["Api"]

_TIMEOUT_SECONDS: Final = 30
_ERROR_STATUS: Final = 400


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
    """

    def __init__(self, url: str, session: boto3.session.Session, *, remedy: str) -> None:
        self._url = url
        self._session = session
        self._remedy = remedy
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
        ApiError
            If the service refuses; with every fault that it found.
        DeploymentError
            If it cannot be reached, or there are no credentials to sign with.
        """
        return decode(self._post("/runs", encode(request)), RunReply, source=f"the answer of {self._url}/runs")

    def _post(self, path: str, body: bytes) -> bytes:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise DeploymentError(
                "there are no AWS credentials: run `aws configure`, `aws sso login`, or name a profile"
            )
        message = AWSRequest(
            method="POST", url=self._url + path, data=body, headers={"Content-Type": "application/json"}
        )
        try:
            SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._session.region_name).add_auth(message)
            answer = self._http.send(message.prepare())
        except (BotoCoreError, HTTPClientError) as error:
            raise DeploymentError(f"{self._url} cannot be reached ({error}): {self._remedy}") from error
        if answer.status_code >= _ERROR_STATUS:
            raise _refusal(answer.status_code, answer.content)
        content: bytes = answer.content
        return content


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
