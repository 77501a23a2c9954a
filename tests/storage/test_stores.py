"""One suite for every store, and what each adapter says when it fails."""

from __future__ import annotations

import io
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from workbench.contract.keys import MANIFESTS_PREFIX, manifest_key, outcome_key, outcomes_prefix
from workbench.errors import StorageError
from workbench.storage.local import LocalStore
from workbench.storage.memory import MemoryStore
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.storage import Store

BUCKETS = itertools.count()


@pytest.fixture(params=["memory", "local", pytest.param("s3", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    match request.param:
        case "memory":
            return MemoryStore()
        case "local":
            return LocalStore(tmp_path / "objects")
        case _:
            stack: LocalStack = request.getfixturevalue("local_stack")
            client = stack.client("s3", root=True)
            bucket = f"store-conformance-{next(BUCKETS)}"
            client.create_bucket(Bucket=bucket)
            return S3Store(client, bucket)


@pytest.mark.parametrize("data", [b"", b"text", bytes(range(256)) * 300])
def test_what_was_put_is_got(store: Store, data: bytes) -> None:
    assert store.put("manifests/r.json", data) is True
    assert store.get("manifests/r.json") == data


def test_what_was_never_put_is_absent(store: Store) -> None:
    assert store.get("manifests/r.json") is None
    store.put("manifests/r.json", b"1")
    assert store.get("manifests/other.json") is None
    assert store.get("manifests") is None
    assert store.get("manifests/r.json/below") is None


def test_a_second_put_replaces(store: Store) -> None:
    store.put("a/b", b"first, and longer")
    assert store.put("a/b", b"second") is True
    assert store.get("a/b") == b"second"
    assert list(store.keys("a/")) == ["a/b"]


def test_if_absent_writes_once(store: Store) -> None:
    assert store.put("a/b", b"first", if_absent=True) is True
    assert store.put("a/b", b"second", if_absent=True) is False
    assert store.get("a/b") == b"first"
    assert store.put("a/c", b"other", if_absent=True) is True
    assert list(store.keys("")) == ["a/b", "a/c"]


def test_if_absent_respects_a_plain_put(store: Store) -> None:
    store.put("a/b", b"first")
    assert store.put("a/b", b"first", if_absent=True) is False


def test_of_many_writers_one_wins(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        bodies = [str(number).encode() for number in range(16)]
        wrote = list(pool.map(lambda body: store.put("manifests/r.json", body, if_absent=True), bodies))
    assert wrote.count(True) == 1
    assert store.get("manifests/r.json") == bodies[wrote.index(True)]


def test_a_version_is_replaced_once(store: Store) -> None:
    store.put("a/b", b"first")
    found = store.read("a/b")
    assert found is not None
    assert found.data == b"first"
    assert store.put("a/b", b"second", if_version=found.version) is True
    assert store.put("a/b", b"third", if_version=found.version) is False
    assert store.get("a/b") == b"second"


def test_what_is_not_there_has_no_version_to_replace(store: Store) -> None:
    assert store.read("a/b") is None
    store.put("a/c", b"1")
    found = store.read("a/c")
    assert found is not None
    assert store.put("a/b", b"2", if_version=found.version) is False
    assert list(store.keys("")) == ["a/c"]


def test_of_many_who_replace_a_version_one_wins(store: Store) -> None:
    store.put("a/b", b"first")
    found = store.read("a/b")
    assert found is not None
    version = found.version
    with ThreadPoolExecutor(8) as pool:
        bodies = [str(number).encode() for number in range(16)]
        wrote = list(pool.map(lambda body: store.put("a/b", body, if_version=version), bodies))
    assert wrote.count(True) == 1
    assert store.get("a/b") == bodies[wrote.index(True)]


def test_keys_are_listed_in_order_by_prefix(store: Store) -> None:
    written = [
        outcome_key("probe", "probe-1", "success", 1),
        outcome_key("probe", "probe-1", "failure", 0),
        outcome_key("probe", "probe-1", "success", 0),
        outcome_key("probe", "probe-10", "success", 0),
        outcome_key("probe_2", "probe-1", "success", 0),
        manifest_key("probe-1"),
        "top",
    ]
    for key in written:
        store.put(key, b"1")
    assert list(store.keys("")) == sorted(written)
    assert list(store.keys(outcomes_prefix("probe", "probe-1"))) == [written[1], written[2], written[0]]
    assert list(store.keys(MANIFESTS_PREFIX)) == [manifest_key("probe-1")]
    assert list(store.keys("outcomes/experiment=probe/run_id=probe-1")) == sorted(written[:4])
    assert list(store.keys("to")) == ["top"]
    assert list(store.keys("nothing/here/")) == []
    assert list(store.keys("top/")) == []


def test_an_empty_store_lists_nothing(store: Store) -> None:
    assert list(store.keys("")) == []
    assert list(store.keys("outcomes/")) == []


def test_more_keys_than_one_page_of_a_listing(store: Store) -> None:
    keys = [outcome_key("probe", "probe-1", "success", shard_id) for shard_id in range(1_005)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda key: store.put(key, b""), keys))
    assert list(store.keys("outcomes/")) == keys


@pytest.mark.emulator
def test_a_bucket_that_is_not_there_is_an_error(local_stack: LocalStack) -> None:
    store = S3Store(local_stack.client("s3", root=True), "no-such-bucket-at-all")
    for action in (lambda: store.put("k", b""), lambda: store.get("k"), lambda: list(store.keys("k"))):
        with pytest.raises(StorageError, match="no-such-bucket-at-all/k"):
            action()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot write .*file"):
        LocalStore(tmp_path / "file").put("a/b", b"1")


def test_nothing_is_left_beside_the_objects(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("a", b"1", if_absent=True)
    store.put("a", b"2", if_absent=True)
    store.put("a", b"3")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_half_written_object_is_not_listed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("a/b", b"1")
    (tmp_path / "a" / ".x.part").write_bytes(b"half")
    assert list(store.keys("")) == ["a/b"]


@pytest.fixture
def bucket() -> Iterator[tuple[S3Store, Stubber]]:
    """A client that answers what a test tells it to, by botocore's own means."""
    client: Any = botocore.session.Session().create_client(
        "s3", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield S3Store(client, "lab"), stubber
        stubber.assert_no_pending_responses()
    client.close()


def test_a_failed_condition_is_an_answer_only_where_one_was_set(bucket: tuple[S3Store, Stubber]) -> None:
    store, stubber = bucket
    expected = {"Bucket": "lab", "Key": "k", "Body": b"1"}
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": "etag"}, {}):
        stubber.add_client_error("put_object", "PreconditionFailed", "", 412, expected_params=expected | condition)
    assert store.put("k", b"1", if_absent=True) is False
    assert store.put("k", b"1", if_version="etag") is False
    with pytest.raises(StorageError, match=r"cannot write s3://lab/k: .*PreconditionFailed"):
        store.put("k", b"1")


def test_two_conditional_writes_that_meet_are_tried_again(bucket: tuple[S3Store, Stubber]) -> None:
    store, stubber = bucket
    stubber.add_client_error("put_object", "ConditionalRequestConflict", "", 409)
    stubber.add_response("put_object", {"ETag": "one"})
    assert store.put("k", b"1", if_absent=True) is True
    for _ in range(5):
        stubber.add_client_error("put_object", "ConditionalRequestConflict", "", 409)
    with pytest.raises(StorageError, match="ConditionalRequestConflict"):
        store.put("k", b"1", if_absent=True)


def test_a_refusal_names_the_object(bucket: tuple[S3Store, Stubber]) -> None:
    store, stubber = bucket
    for operation in ("put_object", "get_object", "list_objects_v2"):
        stubber.add_client_error(operation, "AccessDenied", "not yours", 403)
    with pytest.raises(StorageError, match=r"cannot write s3://lab/k: .*not yours"):
        store.put("k", b"1", if_absent=True)
    with pytest.raises(StorageError, match=r"cannot read s3://lab/k: .*not yours"):
        store.get("k")
    with pytest.raises(StorageError, match=r"cannot list s3://lab/p/: .*not yours"):
        list(store.keys("p/"))


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_an_absent_key_is_none_and_a_present_one_its_bytes(bucket: tuple[S3Store, Stubber], code: str) -> None:
    store, stubber = bucket
    stubber.add_client_error("get_object", code, "", 404)
    stubber.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"abc"), 3), "ETag": "one"})
    assert store.get("k") is None
    assert store.get("k") == b"abc"


def test_pages_are_followed(bucket: tuple[S3Store, Stubber]) -> None:
    store, stubber = bucket
    first = {"Contents": [{"Key": "p/a"}], "IsTruncated": True, "NextContinuationToken": "more"}
    stubber.add_response("list_objects_v2", first, {"Bucket": "lab", "Prefix": "p/"})
    stubber.add_response(
        "list_objects_v2",
        {"Contents": [{"Key": "p/b"}]},
        {"Bucket": "lab", "Prefix": "p/", "ContinuationToken": "more"},
    )
    assert list(store.keys("p/")) == ["p/a", "p/b"]


class Unplugged:
    """A client without a network."""

    def put_object(self, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example")

    get_object = put_object


def test_a_network_that_fails_is_a_storage_error() -> None:
    store = S3Store(Unplugged(), "lab")
    for action in (lambda: store.put("k", b"", if_absent=True), lambda: store.get("k")):
        with pytest.raises(StorageError, match="Could not connect"):
            action()
