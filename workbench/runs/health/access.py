"""Who is asking: the region, the credentials and how long they last, and what an AWS error says about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from workbench.runs.health.finding import Finding, bad, ok, warn

if TYPE_CHECKING:
    import boto3

__all__ = ["NETWORK", "POLICY", "check_credentials", "check_region", "refused"]

NETWORK: Final = "nothing answers there: look at the region's name, and at the network, its proxy and its VPN"
POLICY: Final = "have the policy that the stack's output ResearcherPolicyArn names attached to your user or role"
_LOG_IN: Final = "run `aws sso login` or `aws configure`, or name a profile: --profile"
_SOON_SECONDS: Final = 900.0
_HOUR: Final = 3600.0
_MEANINGS: Final = (
    (("ExpiredToken", "ExpiredTokenException", "RequestExpired"), f"they have expired: {_LOG_IN}"),
    (
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
        ),
        f"AWS does not know this key or its secret: {_LOG_IN}",
    ),
    (("RequestTimeTooSkewed",), "set this machine's clock: signatures carry the time"),
    (("AccessDenied", "AccessDeniedException", "403"), POLICY),
)


def refused(name: str, error: BotoCoreError | ClientError, *, remedy: str) -> Finding:
    """Say what an error of AWS means for whoever asks.

    Parameters
    ----------
    name : str
        What was looked at.
    error : BotoCoreError or ClientError
        As it came.
    remedy : str
        What to do where the error is none of those that every service has.

    Returns
    -------
    Finding
    """
    if isinstance(error, BotoConnectionError | HTTPClientError):
        return bad(name, str(error), remedy=NETWORK)
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    meaning = next((text for codes, text in _MEANINGS if code in codes), remedy)
    return bad(name, str(error), remedy=meaning)


def check_region(session: boto3.Session) -> Finding:
    """Check that a region is named, without which no service has an address.

    Parameters
    ----------
    session : boto3.session.Session
        Whose region.

    Returns
    -------
    Finding
    """
    if session.region_name:
        return ok("region", session.region_name)
    return bad("region", "none is named", remedy="name the stack's: --region, AWS_REGION, or `aws configure`")


def check_credentials(session: boto3.Session, sts: Any, *, now: datetime | None = None) -> Finding:
    """Check that there are credentials, that they are valid, and for how long.

    Parameters
    ----------
    session : boto3.session.Session
        Whose credentials.
    sts : botocore client
        Of STS, made from the session.
    now : datetime, optional
        With a time zone; the clock's by default.

    Returns
    -------
    Finding
    """
    try:
        found = session.get_credentials()
        if found is None:
            return bad("credentials", "there are none", remedy=_LOG_IN)
        arn = sts.get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        return refused("credentials", error, remedy=_LOG_IN)
    # botocore has no public name for it; credentials that do not expire lack it.
    ends: datetime | None = getattr(found, "_expiry_time", None)
    source = f"{arn} (from {found.method})"
    if ends is None:
        told = "temporary, their end is not told" if found.token else "they do not expire"
        return ok("credentials", f"{source}, {told}")
    left = (ends - (now or datetime.now(UTC))).total_seconds()
    seen = f"{source}, for another {_duration(left)}"
    if left < _SOON_SECONDS:
        return warn("credentials", seen, remedy=f"a run goes on without you, waiting for it does not: {_LOG_IN}")
    return ok("credentials", seen)


def _duration(seconds: float) -> str:
    return f"{seconds / _HOUR:.1f} hours" if seconds >= _HOUR else f"{max(seconds, 0) / 60:.0f} minutes"
