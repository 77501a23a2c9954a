"""Requests are signed or not sent; every answer becomes a reply or one of our errors."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import boto3
import pytest

import faulty_models
import workbench as wb
from workbench.contract import RunReply, RunRequest, decode, encode
from workbench.errors import ApiError, ContractError, DeploymentError, Fault
from workbench.runs.api import Api

if TYPE_CHECKING:
    from canned_server import CannedServer

REQUEST = wb.Sweep(faulty_models.noise, wb.product(a=[1, 2], c=["ä"])).request(shard_size=1)
REPLY = RunReply(run_id="noise-1", created=True, n_points=2, n_rows=2, n_shards=2, shard_size=1)


def api(url: str) -> Api:
    session = boto3.session.Session("AKIDEXAMPLE", "not-a-secret", "a-token", region_name="eu-west-1")
    return Api(f"{url}/prod", session, remedy="run `workbench up`")


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
    with pytest.raises(DeploymentError, match=r"cannot be reached .*: run `workbench up`"):
        api(closed_url).submit(REQUEST)
