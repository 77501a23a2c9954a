"""The parts of a stack: each answer means one finding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.contract import Output, RunRequest, decode
from workbench.errors import QueryError
from workbench.runs.health.access import NETWORK, POLICY
from workbench.runs.health.service import check_api, check_bucket, check_queries, check_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    from botocore.stub import Stubber

    from canned_server import CannedServer
    from workbench.analysis.sql import Query

    Stubbed = Callable[[str], tuple[Any, Stubber]]

REPLY = {
    "schema_version": 1,
    "run_id": "r",
    "created": True,
    "n_points": 1,
    "n_rows": 1,
    "n_shards": 1,
    "shard_size": 1,
}
OUTPUTS = {output.value: output.value.lower() for output in Output}


def refusal(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no", "details": []}, "request_id": "r"}


def description(status: str, outputs: dict[str, str]) -> dict[str, Any]:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    stack = {"StackName": "sweeps", "CreationTime": "2026-01-01", "StackStatus": status, "Outputs": listed}
    return {"Stacks": [stack]}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("CREATE_COMPLETE", "ok"),
        ("UPDATE_ROLLBACK_COMPLETE", "ok"),
        ("UPDATE_IN_PROGRESS", "warn"),
        ("UPDATE_ROLLBACK_FAILED", "warn"),
    ],
)
def test_a_stack_that_can_be_used(stubbed: Stubbed, status: str, verdict: str) -> None:
    client, answers = stubbed("cloudformation")
    answers.add_response("describe_stacks", description(status, OUTPUTS))
    finding, outputs = check_stack(client, "sweeps", remedy="deploy it")
    assert (finding.verdict, finding.seen) == (verdict, f"sweeps is {status}")
    assert outputs == OUTPUTS


def test_a_stack_that_lacks_outputs(stubbed: Stubbed) -> None:
    client, answers = stubbed("cloudformation")
    answers.add_response("describe_stacks", description("ROLLBACK_COMPLETE", {"BucketName": "b"}))
    finding, outputs = check_stack(client, "sweeps", remedy="deploy it")
    assert (finding.verdict, finding.remedy, outputs) == ("bad", "deploy it", {})
    assert finding.seen.startswith("sweeps is ROLLBACK_COMPLETE and lacks ApiUrl, ")
    assert "BucketName" not in finding.seen


@pytest.mark.parametrize(
    ("code", "seen", "remedy"),
    [
        ("ValidationError", "there is no stack 'sweeps'", "deploy it"),
        ("AccessDenied", "An error occurred (AccessDenied)", POLICY),
    ],
)
def test_a_stack_that_cannot_be_found(stubbed: Stubbed, code: str, seen: str, remedy: str) -> None:
    client, answers = stubbed("cloudformation")
    answers.add_client_error("describe_stacks", code, "no")
    finding, outputs = check_stack(client, "sweeps", remedy="deploy it")
    assert (finding.verdict, finding.remedy, outputs) == ("bad", remedy, {})
    assert finding.seen.startswith(seen)


@pytest.mark.parametrize(
    ("status", "body", "verdict", "remedy"),
    [
        (422, refusal("invalid_sweep"), "ok", ""),
        (403, refusal("ingress_closed"), "bad", "wait for whoever closed it"),
        (403, {"message": "not authorized to perform: execute-api:Invoke"}, "bad", POLICY),
        # The gateway's own 404: the address is of another API.
        (404, {"message": "Not Found"}, "bad", "repair it"),
        (500, {"message": "Internal server error"}, "bad", "look at the parent's log"),
        (200, {"hello": "there"}, "bad", "repair it"),
        (200, REPLY, "bad", "repair it"),
    ],
)
def test_the_api(
    session: boto3.session.Session, server: CannedServer, status: int, body: object, verdict: str, remedy: str
) -> None:
    server.answer(status, json.dumps(body).encode())
    finding = check_api(server.url, session, repair="repair it")
    assert finding.verdict == verdict
    assert finding.remedy.startswith(remedy)
    ((path, headers, sent),) = server.requests
    assert path == "/runs"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256")
    sweep = decode(sent, RunRequest, source="the request").sweep
    # No experiment can have such a name, so no deployment can take it.
    assert not sweep.experiment.isidentifier()


def test_no_api_answers(session: boto3.session.Session, closed_url: str) -> None:
    finding = check_api(closed_url, session, repair="repair it")
    assert (finding.verdict, finding.remedy) == ("bad", NETWORK)
    assert finding.seen.startswith(f"{closed_url} cannot be reached (")
    assert NETWORK not in finding.seen


def test_the_bucket(stubbed: Stubbed) -> None:
    client, answers = stubbed("s3")
    for prefix in ("manifests/", "outcomes/"):
        answers.add_response("list_objects_v2", {}, {"Bucket": "b", "Prefix": prefix, "MaxKeys": 1})
    answers.add_client_error("get_object", "NoSuchKey", "no")
    assert check_bucket(client, "b", repair="repair it").seen == "b can be listed and read"


def test_a_bucket_that_may_not_be_read(stubbed: Stubbed) -> None:
    client, answers = stubbed("s3")
    answers.add_response("list_objects_v2", {})
    answers.add_response("list_objects_v2", {})
    answers.add_client_error("get_object", "AccessDenied", "no")
    finding = check_bucket(client, "b", repair="repair it")
    assert (finding.verdict, finding.remedy) == ("bad", POLICY)


def test_a_bucket_that_is_gone(stubbed: Stubbed) -> None:
    client, answers = stubbed("s3")
    answers.add_client_error("list_objects_v2", "NoSuchBucket", "no")
    finding = check_bucket(client, "b", repair="repair it")
    assert (finding.verdict, finding.remedy) == ("bad", "repair it")


class Engine:
    """Answers one query, or refuses it."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal

    def query(self, query: Query) -> pd.DataFrame:
        if self.refusal:
            raise QueryError(self.refusal)
        assert query.sql == "SELECT 1 AS one"
        return pd.DataFrame({"one": [1]})


def test_queries() -> None:
    assert check_queries(Engine()).verdict == "ok"
    finding = check_queries(Engine("Athena cannot answer: not\nauthorized\nAttach the policy"))
    assert (finding.verdict, finding.remedy) == ("bad", "Attach the policy")
    assert finding.seen == "Athena cannot answer: not\nauthorized"
