"""Who asks: no region, no credentials, ones that are wrong or end soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, ConnectTimeoutError, NoRegionError

from workbench.runs.health.access import NETWORK, POLICY, check_credentials, check_region, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.stub import Stubber

    Stubbed = Callable[[str], tuple[Any, Stubber]]

ARN = "arn:aws:iam::000000000000:user/ada"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Ask")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ExpiredToken", "they have expired: run `aws sso login`"),
        ("InvalidClientTokenId", "AWS does not know this key"),
        ("SignatureDoesNotMatch", "AWS does not know this key or its secret"),
        ("RequestTimeTooSkewed", "set this machine's clock"),
        ("AccessDenied", POLICY),
        ("AccessDeniedException", POLICY),
        ("SomethingElse", "try this"),
    ],
)
def test_what_an_error_means(code: str, remedy: str) -> None:
    finding = refused("bucket", client_error(code), remedy="try this")
    assert (finding.name, finding.verdict) == ("bucket", "bad")
    assert code in finding.seen
    assert finding.remedy.startswith(remedy)


def test_nobody_answers() -> None:
    assert refused("stack", ConnectTimeoutError(endpoint_url="https://there"), remedy="try this").remedy == NETWORK
    assert refused("stack", NoRegionError(), remedy="try this").remedy == "try this"


def test_region(session: boto3.session.Session) -> None:
    assert check_region(session).seen == "eu-west-1"
    none = check_region(boto3.session.Session())
    assert none.verdict == "bad"
    assert "--region" in none.remedy


def test_no_credentials(bare_machine: None, stubbed: Stubbed) -> None:
    client, _ = stubbed("sts")
    finding = check_credentials(boto3.session.Session(region_name="eu-west-1"), client)
    assert (finding.verdict, finding.seen) == ("bad", "there are none")
    assert "--profile" in finding.remedy


def test_wrong_credentials(session: boto3.session.Session, stubbed: Stubbed) -> None:
    client, answers = stubbed("sts")
    answers.add_client_error("get_caller_identity", "InvalidClientTokenId", "The security token is invalid")
    finding = check_credentials(session, client)
    assert finding.verdict == "bad"
    assert "The security token is invalid" in finding.seen


def test_credentials_that_do_not_expire(session: boto3.session.Session, stubbed: Stubbed) -> None:
    client, answers = stubbed("sts")
    answers.add_response("get_caller_identity", {"Arn": ARN})
    assert check_credentials(session, client).seen == f"{ARN} (from explicit), they do not expire"


def test_a_session_of_unknown_length(bare_machine: None, stubbed: Stubbed) -> None:
    client, answers = stubbed("sts")
    answers.add_response("get_caller_identity", {"Arn": ARN})
    session = boto3.session.Session(
        aws_access_key_id="a", aws_secret_access_key="b", aws_session_token="c", region_name="eu-west-1"
    )
    finding = check_credentials(session, client)
    assert (finding.verdict, finding.seen) == ("ok", f"{ARN} (from explicit), temporary, their end is not told")


@pytest.mark.parametrize(
    ("left", "verdict", "told"),
    [
        (timedelta(hours=2), "ok", "2.0 hours"),
        (timedelta(minutes=20), "ok", "20 minutes"),
        (timedelta(minutes=14), "warn", "14 minutes"),
        (timedelta(minutes=-5), "warn", "0 minutes"),
    ],
)
def test_credentials_that_end(
    session: boto3.session.Session,
    stubbed: Stubbed,
    left: timedelta,
    verdict: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, answers = stubbed("sts")
    answers.add_response("get_caller_identity", {"Arn": ARN})
    ending = RefreshableCredentials("a", "b", "c", NOW + left, dict, "sso")
    monkeypatch.setattr(session, "get_credentials", lambda: ending)
    finding = check_credentials(session, client, now=NOW)
    assert (finding.verdict, finding.seen) == (verdict, f"{ARN} (from sso), for another {told}")
    assert bool(finding.remedy) == (verdict == "warn")
