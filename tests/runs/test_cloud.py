"""What a submission to a stack carries: the cost of a row as a pilot here found it, unless somebody has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

import faulty_models
import workbench as wb
from workbench.contract import Output, RunReply, RunRequest, decode, encode
from workbench.errors import SweepError, UnknownRunError
from workbench.runs.cloud import CloudBackend, Stack

if TYPE_CHECKING:
    from canned_server import CannedServer

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(50)))
REPLY = RunReply(run_id="noise-1", created=True, n_points=50, n_rows=50, n_shards=50, shard_size=1)


@pytest.fixture
def backend(server: CannedServer) -> CloudBackend:
    session = boto3.session.Session("AKIDEXAMPLE", "not-a-secret", region_name="eu-west-1")
    outputs = {output.value: "sweeps" for output in Output}
    server.answer(202, encode(REPLY))
    return CloudBackend(
        Stack(name="sweeps", outputs=outputs, session=session, api_url=server.url, remedy="", endpoint_url=server.url)
    )


def submitted(backend: CloudBackend, server: CannedServer, sweep: wb.Sweep, **options: Any) -> RunRequest:
    with pytest.raises(UnknownRunError):  # the server keeps no manifests
        backend.submit(sweep, **options)
    return decode(server.requests[-1][2], RunRequest, source="body")


def test_the_cost_of_a_row_is_sent(backend: CloudBackend, server: CannedServer) -> None:
    request = submitted(backend, server, SWEEP)
    assert request.shard_size is None
    assert request.row_seconds is not None
    assert request.row_seconds > 0


@pytest.mark.parametrize(("options", "size"), [({"shard_size": 7}, 7), ({"shard_count": 3}, 17)])
def test_a_decision_is_sent_instead(
    backend: CloudBackend, server: CannedServer, options: dict[str, int], size: int
) -> None:
    request = submitted(backend, server, SWEEP, **options)
    assert (request.shard_size, request.row_seconds) == (size, None)


def test_where_nothing_can_be_learnt_the_service_decides(backend: CloudBackend, server: CannedServer) -> None:
    fatal = wb.Sweep(faulty_models.misbehaves, wb.product(x=[3] * 8), fixed={"how": "exit"})
    request = submitted(backend, server, fatal)
    assert (request.shard_size, request.row_seconds) == (None, None)


def test_what_is_wrong_is_said_by_the_service(backend: CloudBackend, server: CannedServer) -> None:
    request = submitted(backend, server, SWEEP, run_id="mine")
    assert (request.run_id, request.row_seconds) == ("mine", None)
    with pytest.raises(SweepError, match="give one of them"):
        backend.submit(SWEEP, shard_size=1, shard_count=2)
    assert len(server.requests) == 1
