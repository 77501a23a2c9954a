"""Where no stack can be used, the message says what to run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

import workbench as wb
from workbench.contract import Output
from workbench.errors import DeploymentError, EmulatorError

if TYPE_CHECKING:
    from pathlib import Path

    from canned_server import CannedServer

XMLNS = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
LOG_IN = "run `aws sso login` or `aws configure`, or name a profile"


@pytest.fixture
def credentials(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture
def cloudformation(server: CannedServer, credentials: None, monkeypatch: pytest.MonkeyPatch) -> CannedServer:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
    return server


def refusal(code: str, message: str) -> bytes:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return f'<ErrorResponse xmlns="{XMLNS}">{error}<RequestId>r</RequestId></ErrorResponse>'.encode()


def description(status: str, outputs: dict[str, str]) -> bytes:
    members = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
        for key, value in outputs.items()
    )
    stack = (
        f"<StackName>sweeps</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
        f"<StackStatus>{status}</StackStatus><Outputs>{members}</Outputs>"
    )
    result = f"<DescribeStacksResult><Stacks><member>{stack}</member></Stacks></DescribeStacksResult>"
    return f'<DescribeStacksResponse xmlns="{XMLNS}">{result}</DescribeStacksResponse>'.encode()


def message_of(name: str = "sweeps", *, profile: str | None = None, region: str | None = None) -> str:
    with pytest.raises(DeploymentError) as refused:
        wb.connect(name, profile=profile, region=region)
    return str(refused.value)


def test_no_credentials(server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
    assert message_of(region="eu-west-1").startswith(f"there are no AWS credentials: {LOG_IN}")
    assert server.requests == []


def test_half_of_the_credentials(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    message = message_of(region="eu-west-1")
    assert "AWS_SECRET_ACCESS_KEY" in message
    assert "`aws configure list`" in message


def test_no_region(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    message = message_of()
    assert "must specify a region" in message
    assert "name a profile and region that `aws configure list` shows" in message


def test_a_region_that_cannot_be(credentials: None) -> None:
    message = message_of(region="no region")
    assert "'no region'" in message
    assert "`aws configure list`" in message


def test_an_unknown_profile(credentials: None) -> None:
    message = message_of(profile="nobody")
    assert "(nobody)" in message
    assert "`aws configure list`" in message


def test_nobody_answers(credentials: None, closed_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", closed_url)
    message = message_of()
    assert message.startswith("the stack 'sweeps' cannot be read (")
    assert "check the name, the region and the profile" in message


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_credentials_that_are_not_valid(cloudformation: CannedServer, code: str) -> None:
    cloudformation.answer(403, refusal(code, "The security token included in the request is expired"))
    assert message_of().startswith(f"the AWS credentials have expired or are not valid: {LOG_IN}")


def test_a_stack_that_is_not_there(cloudformation: CannedServer) -> None:
    cloudformation.answer(400, refusal("ValidationError", "Stack with id sweeps does not exist"))
    expected = "there is no stack 'sweeps': deploy it (in eu-west-1) with `cdk deploy` in cdk/"
    assert message_of().startswith(expected)


def test_what_else_is_refused(cloudformation: CannedServer) -> None:
    cloudformation.answer(403, refusal("AccessDenied", "User is not authorized to describe"))
    message = message_of()
    assert "not authorized to describe" in message
    assert message.startswith("the stack 'sweeps' cannot be read")


def test_a_stack_that_is_not_ours_or_not_done(cloudformation: CannedServer) -> None:
    cloudformation.answer(200, description("ROLLBACK_COMPLETE", {Output.BUCKET: "b"}))
    message = message_of()
    assert message.startswith("the stack 'sweeps' (ROLLBACK_COMPLETE) lacks ApiUrl, DatabaseName, ")
    assert Output.BUCKET not in message


def test_a_stack_is_found(cloudformation: CannedServer) -> None:
    outputs = {output.value: output.value.lower() for output in Output} | {"ApiUrl": "https://api.example/prod/"}
    cloudformation.answer(200, description("CREATE_COMPLETE", outputs))
    backend = wb.connect("sweeps")
    assert repr(backend) == "CloudBackend('sweeps')"
    assert backend.stack.api_url == "https://api.example/prod"
    assert backend.stack.endpoint_url is None
    assert b"StackName=sweeps" in cloudformation.requests[0][2]


def test_the_emulator_is_stopped(bare_machine: None) -> None:
    with pytest.raises(EmulatorError, match="does not run: start it with `workbench up`"):
        wb.connect("local")


def test_back_ends_of_this_machine(tmp_path: Path) -> None:
    assert repr(wb.serial(tmp_path)) == f"SerialBackend({str(tmp_path)!r})"
    assert wb.processes(3, root=tmp_path).workers == 3
    assert wb.processes(root=tmp_path).workers >= 1
    assert list(tmp_path.iterdir()) == []
