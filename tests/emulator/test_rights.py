"""What a researcher's key does not open, beyond what the deploy's own tests try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import workbench as wb
from faulty_models import sometimes_raises
from workbench.contract import Output
from workbench.contract.keys import manifest_key, outcome_key, run_id_of_manifest, tags_key
from workbench.runs.tags import read_tags, tag, untag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def results(backend: CloudBackend) -> list[str]:
    """Manifest and outcome of a run that the researcher made."""
    run = backend.submit(wb.Sweep(sometimes_raises, wb.product(x=[1, 2])), shard_size=2)
    run.wait(timeout=120, progress=False)
    return [manifest_key(run.run_id), outcome_key("sometimes_raises", run.run_id, "success", 0)]


def assert_denied(action: Any, **arguments: object) -> None:
    with pytest.raises(ClientError) as caught:
        action(**arguments)
    assert caught.value.response["Error"]["Code"].startswith("AccessDenied")


def test_results_of_ones_own_run_are_neither_changed_nor_deleted(
    local_stack: LocalStack, store: Store, bucket: str, results: list[str]
) -> None:
    s3 = local_stack.client("s3")
    for key in results:
        kept = store.get(key)
        assert kept
        assert_denied(s3.put_object, Bucket=bucket, Key=key, Body=b"")
        assert_denied(s3.delete_object, Bucket=bucket, Key=key)
        assert_denied(s3.copy_object, Bucket=bucket, Key=f"{key}.copy", CopySource={"Bucket": bucket, "Key": key})
        assert store.get(key) == kept


def test_tags_are_written_and_changed_but_not_deleted(
    local_stack: LocalStack, store: Store, bucket: str, results: list[str]
) -> None:
    run_id = run_id_of_manifest(results[0])
    assert tag(store, run_id, "paper", "v1") == ("paper", "v1")
    assert untag(store, run_id, "v1") == read_tags(store, run_id) == ("paper",)
    assert read_tags(store, "sometimes_raises-nobody") == ()
    stale = store.read(tags_key(run_id))
    assert stale
    tag(store, run_id, "later")
    assert store.put(tags_key(run_id), stale.data, if_version=stale.version) is False
    assert_denied(local_stack.client("s3").delete_object, Bucket=bucket, Key=tags_key(run_id))
    assert read_tags(store, run_id) == ("later", "paper")


@pytest.mark.parametrize("output", [Output.PARENT, Output.CHILD])
@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_no_function_is_called_directly(local_stack: LocalStack, output: str, kind: str) -> None:
    before = local_stack.invocations(output)
    assert_denied(
        local_stack.client("lambda").invoke,
        FunctionName=local_stack.outputs[output],
        InvocationType=kind,
        Payload=b"{}",
    )
    assert local_stack.invocations(output) == before


@pytest.fixture
def other_bucket(local_stack: LocalStack) -> Iterator[str]:
    s3 = local_stack.client("s3", root=True)
    s3.create_bucket(Bucket="somebody-elses")
    s3.put_object(Bucket="somebody-elses", Key="outcomes/secret", Body=b"secret")
    yield "somebody-elses"
    s3.delete_object(Bucket="somebody-elses", Key="outcomes/secret")
    s3.delete_bucket(Bucket="somebody-elses")


def test_no_other_bucket_is_read_or_listed(local_stack: LocalStack, other_bucket: str) -> None:
    s3 = local_stack.client("s3")
    assert_denied(s3.get_object, Bucket=other_bucket, Key="outcomes/secret")
    assert_denied(s3.list_objects_v2, Bucket=other_bucket, Prefix="outcomes/")
    assert_denied(s3.put_object, Bucket=other_bucket, Key="athena/mine", Body=b"")


def test_no_other_workgroup_is_used(local_stack: LocalStack) -> None:
    athena = local_stack.client("athena")
    assert_denied(athena.start_query_execution, QueryString="SELECT 1", WorkGroup="primary")
