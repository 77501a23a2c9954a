"""What the API refuses, and that nothing comes of what it refused: no object is written, no child is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from botocore.credentials import Credentials

import workbench as wb
from faulty_models import sometimes_raises
from workbench.contract import ErrorReply, Output, encode
from workbench.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend

pytestmark = pytest.mark.emulator

QUEUE: Final = "mmc_queue"
FENCE_SHARDS: Final = 8


@pytest.fixture(scope="module", autouse=True)
def no_child_is_started(local_stack: LocalStack, backend: CloudBackend) -> Iterator[None]:
    """All that is refused here is of one experiment: no child's log may come to name it.

    Children are started in the order of their events, so a child that a refused request started had its turn before
    those of a good run at the end.
    """
    before = mentions(local_stack)
    yield
    fence = backend.submit(wb.Sweep(sometimes_raises, wb.product(x=range(FENCE_SHARDS))), shard_size=1, fresh=True)
    fence.wait(timeout=120, progress=False)
    assert mentions(local_stack) == before


@pytest.fixture(autouse=True)
def nothing_is_written(local_stack: LocalStack, bucket: str) -> Iterator[None]:
    before = local_stack.keys(bucket)
    yield
    assert local_stack.keys(bucket) == before


def mentions(local_stack: LocalStack) -> int:
    return sum(QUEUE in message for message in local_stack.log(Output.CHILD))


def good_request() -> dict[str, Any]:
    """A submission that would be accepted, and that nobody made before."""
    sweep = wb.Sweep(QUEUE, wb.product(arrival_rate=[0.5]), fixed={"horizon": 10.0})
    request: dict[str, Any] = json.loads(encode(sweep.request(nonce="never submitted")))
    return request


def changed(**sweep: Any) -> dict[str, Any]:
    request = good_request()
    return request | {"sweep": request["sweep"] | sweep}


def values(*items: object) -> dict[str, Any]:
    return {"kind": "values", "values": list(items)}


def refusal(local_stack: LocalStack, request: object) -> tuple[int, str, list[tuple[str, str]]]:
    """Send a request that must reach the parent; returns the status, the code, and every fault."""
    before = local_stack.invocations(Output.PARENT)
    status, answer = local_stack.post(json.dumps(request).encode(), signed_by=local_stack.credentials)
    assert local_stack.invocations(Output.PARENT) == before + 1
    reply = msgspec.json.decode(answer, type=ErrorReply)
    assert reply.request_id
    return status, reply.error.code, [(detail.path, detail.message) for detail in reply.error.details]


def test_an_unsigned_request(local_stack: LocalStack) -> None:
    before = local_stack.invocations(Output.PARENT)
    status, _ = local_stack.post(json.dumps(good_request()).encode(), signed_by=None)
    assert status == 403
    assert local_stack.invocations(Output.PARENT) == before


@pytest.mark.parametrize("known_key", [True, False])
def test_a_request_signed_with_a_wrong_secret(local_stack: LocalStack, known_key: bool) -> None:  # noqa: FBT001
    key = local_stack.credentials.access_key if known_key else "AKIA" + "X" * 16
    before = local_stack.invocations(Output.PARENT)
    status, _ = local_stack.post(json.dumps(good_request()).encode(), signed_by=Credentials(key, "wrong"))
    assert status == 403
    assert local_stack.invocations(Output.PARENT) == before


MALFORMED: Final[dict[str, Any]] = {
    "not_json": "{",
    "not_an_object": [],
    "empty": {},
    "unknown_field": good_request() | {"shards": 3},
    "unknown_field_of_the_sweep": changed(sed=3),
    "no_experiment": {"sweep": {"fingerprint": "x", "space": {"kind": "zip", "axes": {}}}},
    "experiment_is_a_number": changed(experiment=3),
    "replicates_is_text": changed(replicates="many"),
    "seeding_is_unknown": changed(seeding="shared"),
    "shard_size_is_text": good_request() | {"shard_size": "large"},
    "space_of_an_unknown_kind": changed(space={"kind": "grid"}),
    "fixed_is_a_list": changed(fixed={"servers": [1, 2]}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_does_not_reach_the_parent(local_stack: LocalStack, name: str) -> None:
    body = MALFORMED[name]
    before = local_stack.invocations(Output.PARENT)
    status, answer = local_stack.post(
        body.encode() if isinstance(body, str) else json.dumps(body).encode(), signed_by=local_stack.credentials
    )
    assert status == 400
    assert msgspec.json.decode(answer, type=ErrorReply).error.code == "BAD_REQUEST_BODY"
    assert local_stack.invocations(Output.PARENT) == before


def test_what_the_gateways_schema_cannot_say_is_malformed_in_the_parent(local_stack: LocalStack) -> None:
    # The model stops at the kind of a space: see docs/adr/0003.
    inside = {"kind": "zip", "axes": {"arrival_rate": {"kind": "linspace", "start": 0.1, "stop": "high", "num": 3}}}
    status, code, _ = refusal(local_stack, changed(space=inside))
    assert (status, code) == (400, "malformed")
    status, code, _ = refusal(local_stack, good_request() | {"schema_version": 2})
    assert (status, code) == (400, "malformed")


def test_an_unknown_experiment(local_stack: LocalStack) -> None:
    status, code, faults = refusal(local_stack, changed(experiment="mmc_queu"))
    assert (status, code) == (422, "invalid_sweep")
    ((path, message),) = faults
    assert path == "sweep.experiment"
    assert "did you mean 'mmc_queue'?" in message


def test_every_fault_at_once_each_with_its_path(local_stack: LocalStack) -> None:
    space = {
        "kind": "product",
        "factors": [
            {"kind": "zip", "axes": {"servers": values(1, "two", 2.5, 0)}},
            {"kind": "zip", "axes": {"arival_rate": values(0.5, 1.0)}},
            {"kind": "zip", "axes": {"horizon": values()}},
        ],
    }
    request = changed(space=space, fixed={"service_rate": -1.0, "speed": 3}, replicates=0, seed=-1)
    status, code, faults = refusal(local_stack, request)
    assert (status, code) == (422, "invalid_sweep")
    expected = {
        ("sweep.space.factors[0].axes.servers.values[1]", "'two' is str; servers is int"),
        ("sweep.space.factors[0].axes.servers.values[2]", "2.5 is float; servers is int"),
        ("sweep.space.factors[0].axes.servers.values[3]", "0 is out of bounds"),
        ("sweep.space", "has no parameter 'arival_rate'; did you mean 'arrival_rate'?"),
        ("sweep.space", "needs a value for 'arrival_rate'"),
        ("sweep.space.factors[2].axes.horizon", "has no values"),
        ("sweep.fixed.service_rate", "-1.0 is out of bounds"),
        ("sweep.fixed", "has no parameter 'speed'"),
        ("sweep.replicates", "is 0; at least 1"),
        ("sweep.seed", "is -1"),
    }
    found = {pair: [fault for fault in faults if fault[0] == pair[0] and pair[1] in fault[1]] for pair in expected}
    assert not [pair for pair, matching in found.items() if len(matching) != 1], faults
    assert len(faults) == len(expected), faults


@pytest.mark.parametrize(
    ("request_", "path", "remedy"),
    [
        (changed(replicates=100_000_001), "sweep", "split the sweep"),
        (changed(replicates=10_001) | {"shard_size": 1}, "shard_size", "use 2"),
        (good_request() | {"shard_size": 100_001}, "shard_size", "from 1 to 100,000 rows"),
    ],
    ids=["rows", "shards", "rows_per_shard"],
)
def test_over_a_cap(local_stack: LocalStack, request_: dict[str, Any], path: str, remedy: str) -> None:
    status, code, faults = refusal(local_stack, request_)
    assert (status, code) == (413, "over_cap")
    ((found, message),) = faults
    assert found == path
    assert remedy in message


def test_a_sweep_over_a_cap_and_wrong_otherwise_is_told_both(local_stack: LocalStack) -> None:
    status, _, faults = refusal(local_stack, changed(replicates=100_000_001, fixed={"servers": 0}))
    assert status == 422
    assert {path for path, _ in faults} == {"sweep", "sweep.fixed.servers"}


def test_a_shard_of_no_rows_is_wrong_and_not_over_a_cap(local_stack: LocalStack) -> None:
    status, code, faults = refusal(local_stack, good_request() | {"shard_size": 0})
    assert (status, code) == (422, "invalid_sweep")
    assert [path for path, _ in faults] == ["shard_size"]


def test_other_code_than_the_deployed_one(local_stack: LocalStack) -> None:
    status, code, faults = refusal(local_stack, changed(fingerprint="0" * 64))
    assert (status, code, faults) == (409, "code_mismatch", [])


def test_a_client_gets_the_refusal_as_an_error(backend: CloudBackend) -> None:
    sweep = wb.Sweep(QUEUE, wb.product(arrival_rate=[0.5]), replicates=100_000_001)
    with pytest.raises(ApiError, match="split the sweep") as caught:
        backend.submit(sweep)
    assert (caught.value.status, caught.value.code) == (413, "over_cap")
    assert [fault.path for fault in caught.value.faults] == ["sweep"]
    assert caught.value.request_id
