"""What goes to Lambda, and what comes of Lambda's refusals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

from canned_server import canned_server
from lambdas.parent.invoke import LambdaDispatcher
from workbench.contract import Dispatch, Task, decode
from workbench.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

TASK = Task(run_id="noise-x", shard_id=7, generation=2)
COPY = Dispatch(run_id="noise-x", shards=((0, 500),), generation=2)


class RecordingClient:
    """Answers as Lambda does, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._error = error

    def invoke(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        if self._error:
            raise self._error
        return {"StatusCode": 202, "Payload": io.BytesIO()}


def dispatcher(children: Any, copies: Any) -> LambdaDispatcher:
    return LambdaDispatcher(children=children, copies=copies, child="the-child", parent="the-parent")


def test_children_and_copies_are_invoked_asynchronously_each_by_their_own_client() -> None:
    children, copies = RecordingClient(), RecordingClient()
    hands = dispatcher(children, copies)
    hands.start_child(TASK)
    hands.start_copy(COPY)
    (child,), (copy,) = children.calls, copies.calls
    assert (child["FunctionName"], child["InvocationType"]) == ("the-child", "Event")
    assert decode(child["Payload"], Task, source="payload") == TASK
    assert (copy["FunctionName"], copy["InvocationType"]) == ("the-parent", "Event")
    assert decode(copy["Payload"], Dispatch, source="payload") == COPY


STARTS: list[Callable[[LambdaDispatcher], None]] = [
    lambda hands: hands.start_child(TASK),
    lambda hands: hands.start_copy(COPY),
]


@pytest.mark.parametrize("start", STARTS)
def test_a_connection_that_fails(start: Callable[[LambdaDispatcher], None]) -> None:
    client = RecordingClient(ConnectTimeoutError(endpoint_url="http://lambda"))
    with pytest.raises(RunError, match="cannot be invoked: Connect timeout on endpoint URL"):
        start(dispatcher(client, client))
    assert len(client.calls) == 1


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "AccessDeniedException"])
def test_a_refusal_of_lambda(start: Callable[[LambdaDispatcher], None], code: str) -> None:
    client = botocore.session.Session().create_client(
        "lambda", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    with Stubber(client) as stubber:
        stubber.add_client_error("invoke", service_error_code=code, service_message="not now")
        with pytest.raises(RunError, match=rf"cannot be invoked: .*\({code}\).*not now"):
            start(dispatcher(client, client))


def test_a_connection_is_used_again() -> None:
    with canned_server() as server:
        server.answer(202, b"")
        client = botocore.session.Session().create_client(
            "lambda",
            region_name="eu-west-1",
            endpoint_url=server.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for _ in range(5):
            dispatcher(client, client).start_child(TASK)
        client.close()
    assert (len(server.requests), server.connections) == (5, 1)


def test_the_trace_of_a_request_goes_on_to_whatever_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "the-parent")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    with canned_server() as server:
        server.answer(202, b"")
        client = botocore.session.Session().create_client(
            "lambda",
            region_name="eu-west-1",
            endpoint_url=server.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for start in STARTS:
            start(dispatcher(client, client))
        client.close()
    assert [headers["X-Amzn-Trace-Id"] for _, headers, _ in server.requests] == [trace, trace]
