"""Submission to a stack with a budget: estimated first, and not sent where it would cost more."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.analysis.usage import Deployment
from workbench.contract import Output, RunReply, RunRequest, decode, encode
from workbench.errors import BudgetError, DeploymentError, UnknownRunError
from workbench.runs.cloud import CloudBackend, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from canned_server import CannedServer

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(50)))
REPLY = RunReply(run_id="noise-1", created=True, n_points=50, n_rows=50, n_shards=50, shard_size=1)


class Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Answers:
    """What AWS answers instead of the network, by operation."""

    def __init__(self, session: boto3.session.Session) -> None:
        self._events = session.events

    def give(self, operation: str, status: int, body: bytes, **headers: str) -> None:
        def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            return AWSResponse(request.url, status, headers, Body(body))

        self._events.register(f"before-send.{operation}", answer)


@pytest.fixture
def session(server: CannedServer) -> boto3.session.Session:
    server.answer(202, encode(REPLY))
    return boto3.session.Session("AKIDEXAMPLE", "not-a-secret", region_name="eu-west-1")


@pytest.fixture
def answers(session: boto3.session.Session) -> Answers:
    return Answers(session)


def connected(session: boto3.session.Session, server: CannedServer) -> CloudBackend:
    outputs = {output.value: "sweeps" for output in Output}
    return CloudBackend(
        Stack(name="sweeps", outputs=outputs, session=session, api_url=server.url, remedy="", endpoint_url=server.url)
    )


def child(memory_mb: int) -> bytes:
    return json.dumps({"MemorySize": memory_mb, "Timeout": 60}).encode()


def test_the_child_is_asked_for(session: boto3.session.Session, answers: Answers, server: CannedServer) -> None:
    answers.give("lambda.GetFunctionConfiguration", 200, child(3008))
    assert connected(session, server).deployment == Deployment(memory_mb=3008, timeout_s=60)


def test_who_may_not_ask_takes_the_child_of_the_template(
    session: boto3.session.Session, answers: Answers, server: CannedServer
) -> None:
    refusal = {"x-amzn-ErrorType": "AccessDeniedException"}
    answers.give("lambda.GetFunctionConfiguration", 403, b"{}", **refusal)
    assert connected(session, server).deployment == Deployment()


def test_a_child_that_is_gone_is_an_error(
    session: boto3.session.Session, answers: Answers, server: CannedServer
) -> None:
    gone = {"x-amzn-ErrorType": "ResourceNotFoundException"}
    answers.give("lambda.GetFunctionConfiguration", 404, b"{}", **gone)
    with pytest.raises(DeploymentError, match="the child of sweeps cannot be found"):
        _ = connected(session, server).deployment


def test_over_its_budget_nothing_is_submitted(
    session: boto3.session.Session, answers: Answers, server: CannedServer
) -> None:
    answers.give("lambda.GetFunctionConfiguration", 200, child(1769))
    with pytest.raises(BudgetError, match=r"over its budget of \$0\.00.*nothing was submitted"):
        connected(session, server).submit(SWEEP, budget=0.0)
    assert server.requests == []


@pytest.mark.parametrize("size", [None, 7])
def test_within_its_budget_it_is_submitted_as_ever(
    session: boto3.session.Session, answers: Answers, server: CannedServer, size: int | None
) -> None:
    answers.give("lambda.GetFunctionConfiguration", 200, child(1769))
    with pytest.raises(UnknownRunError):  # the server keeps no manifests
        connected(session, server).submit(SWEEP, budget=100.0, shard_size=size)
    request = decode(server.requests[-1][2], RunRequest, source="body")
    assert request.shard_size == size
    assert (request.row_seconds is None) == (size is not None)


def test_what_cannot_be_estimated_is_not_submitted(
    session: boto3.session.Session, answers: Answers, server: CannedServer
) -> None:
    answers.give("lambda.GetFunctionConfiguration", 200, child(1769))
    fatal = wb.Sweep(faulty_models.misbehaves, wb.product(x=[3] * 8), fixed={"how": "exit"})
    with pytest.raises(BudgetError, match="is not known"):
        connected(session, server).submit(fatal, budget=100.0)
    assert server.requests == []


def test_a_run_that_exists_is_not_paid_again(
    session: boto3.session.Session, answers: Answers, server: CannedServer
) -> None:
    answers.give("s3.GetObject", 200, encode(plan(SWEEP)), ETag='"1"')
    run = connected(session, server).submit(SWEEP, budget=0.0)
    assert run.manifest.n_rows == 50
