"""Requests are signed or not sent; every answer becomes a reply or one of our errors."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

import faulty_models
import workbench as wb
from run_doubles import FakeClock
from workbench.contract import (
    CancelReply,
    CancelRequest,
    ResumeReply,
    ResumeRequest,
    RunReply,
    RunRequest,
    decode,
    encode,
)
from workbench.errors import ApiError, ContractError, DeploymentError, Fault, SweepError
from workbench.runs.api import Api

if TYPE_CHECKING:
    from canned_server import CannedServer

REQUEST = wb.Sweep(faulty_models.noise, wb.product(a=[1, 2], c=["ä"])).request(shard_size=1)
REPLY = RunReply(run_id="noise-1", created=True, n_points=2, n_rows=2, n_shards=2, shard_size=1)


def api(url: str, clock: FakeClock | None = None) -> Api:
    session = boto3.session.Session("AKIDEXAMPLE", "not-a-secret", "a-token", region_name="eu-west-1")
    return Api(f"{url}/prod", session, remedy="run `workbench up`", clock=clock or FakeClock())


def test_a_submission_is_signed_and_answered(server: CannedServer) -> None:
    server.answer(202, encode(REPLY))
    assert api(server.url).submit(REQUEST) == REPLY
    ((path, headers, body),) = server.requests
    assert path == "/prod/runs"
    assert decode(body, RunRequest, source="body") == REQUEST
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert headers["X-Amz-Security-Token"] == "a-token"
    assert headers["Content-Type"] == "application/json"
    assert "not-a-secret" not in str(headers)
    assert len(hashlib.sha256(body).hexdigest()) == len(headers["Authorization"].rpartition("Signature=")[2])


def test_more_than_a_request_may_have_is_refused_here(server: CannedServer) -> None:
    design = wb.monte_carlo(300_000, a=(0.0, 1.0))
    with pytest.raises(SweepError, match=r"sweep.space: takes \d\.\d MB as a request, at most 5: .* Split the sweep"):
        api(server.url).submit(wb.Sweep(faulty_models.noise, design).request())
    assert server.requests == []


def test_quotes_take_more_room_in_lambdas_event_than_in_the_body(server: CannedServer) -> None:
    names = wb.zipped(c=[f"{number:06}" for number in range(480_000)])
    request = wb.Sweep(faulty_models.noise, names, fixed={"a": 1.0}).request()
    assert len(encode(request)) < 5_000_000
    with pytest.raises(SweepError, match=r"sweep.space: takes 5\.\d MB as a request, at most 5: "):
        api(server.url).submit(request)
    assert server.requests == []


def test_our_own_errors_keep_every_fault(server: CannedServer) -> None:
    details = [{"path": "sweep.seed", "message": "is -1"}, {"path": "sweep.replicates", "message": "is 0"}]
    error = {"code": "invalid_sweep", "message": "the sweep cannot be evaluated", "details": details}
    server.answer(422, json.dumps({"error": error, "request_id": "r-1"}).encode())
    with pytest.raises(ApiError) as refused:
        api(server.url).submit(REQUEST)
    found = refused.value
    assert (found.status, found.code, found.request_id) == (422, "invalid_sweep", "r-1")
    assert found.faults == (Fault("sweep.seed", "is -1"), Fault("sweep.replicates", "is 0"))
    assert "422 invalid_sweep: the sweep cannot be evaluated" in str(found)
    assert "sweep.replicates: is 0" in str(found)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"message":"Missing Authentication Token"}', "403 refused: Missing Authentication Token"),
        (403, b'{"Message":"User is not authorized"}', "403 refused: User is not authorized"),
        (429, b'{"message":"Too Many Requests","other":1}', "429 refused: Too Many Requests"),
        (500, b"{}", "500 refused: {}"),
        (502, b'["a"]', "502 refused: ['a']"),
        (503, b"<html>busy</html>", "503 refused: <html>busy</html>"),
        (504, b'"\xff"', '504 refused: "\N{REPLACEMENT CHARACTER}"'),
        (504, b"", "504 refused: "),
    ],
)
def test_what_others_say(server: CannedServer, status: int, body: bytes, said: str) -> None:
    server.answer(status, body)
    with pytest.raises(ApiError) as refused:
        api(server.url).submit(REQUEST)
    assert (str(refused.value), refused.value.faults, refused.value.status) == (said, (), status)


def test_a_good_status_with_another_body(server: CannedServer) -> None:
    server.answer(200, b"<html>log in to this network</html>")
    with pytest.raises(ContractError, match=r"the answer of http://127.0.0.1:\d+/prod/runs is not a valid RunReply"):
        api(server.url).submit(REQUEST)


def test_nothing_is_sent_unsigned(server: CannedServer) -> None:
    unsigned = Api(server.url, boto3.session.Session(region_name="eu-west-1"), remedy="")
    with pytest.raises(DeploymentError, match="there are no AWS credentials: run `aws configure`"):
        unsigned.submit(REQUEST)
    assert server.requests == []


def test_nobody_listens(bare_machine: None, closed_url: str) -> None:
    clock = FakeClock()
    with pytest.raises(DeploymentError, match=r"cannot be reached .*: run `workbench up`"):
        api(closed_url, clock).submit(REQUEST)
    assert len(clock.pauses) == 3


def test_a_run_is_resumed(server: CannedServer) -> None:
    reply = ResumeReply(run_id="noise-1", generation=2, missing=3, failed=1)
    server.answer(202, encode(reply))
    assert api(server.url).resume("noise-1", "all") == reply
    ((path, headers, body),) = server.requests
    assert path == "/prod/runs/noise-1/resume"
    assert decode(body, ResumeRequest, source="body").include == "all"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")


def test_a_run_is_cancelled(server: CannedServer) -> None:
    server.answer(202, encode(CancelReply(run_id="noise-1", generation=0)))
    assert api(server.url).cancel("noise-1").generation == 0
    ((path, _, body),) = server.requests
    assert path == "/prod/runs/noise-1/cancel"
    assert decode(body, CancelRequest, source="body") == CancelRequest()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again(server: CannedServer, status: int) -> None:
    clock = FakeClock()
    server.answer(status, b"busy")
    clock.meanwhile = lambda pauses: server.answer(202, encode(REPLY)) if pauses == 3 else None
    assert api(server.url, clock).submit(REQUEST) == REPLY
    assert len(server.requests) == 4
    assert {body for _, _, body in server.requests} == {encode(REQUEST)}
    assert all(pause <= limit < 2.1 * pause for pause, limit in zip(clock.pauses, (0.5, 1, 2), strict=True))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 500])
def test_what_would_only_recur_is_not_tried_again(server: CannedServer, status: int) -> None:
    server.answer(status, b"no")
    with pytest.raises(ApiError):
        api(server.url).submit(REQUEST)
    assert len(server.requests) == 1


class _RefusedCredentials:
    def get_frozen_credentials(self) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "the session has ended"}}, "AssumeRole")


class _RefusedSession:
    region_name = "eu-west-1"

    def get_credentials(self) -> _RefusedCredentials:
        return _RefusedCredentials()


def test_credentials_that_cannot_be_renewed(server: CannedServer) -> None:
    session: Any = _RefusedSession()
    with pytest.raises(DeploymentError, match=r"cannot be used \(.*the session has ended\): run `aws configure`"):
        Api(server.url, session, remedy="").submit(REQUEST)
    assert server.requests == []
