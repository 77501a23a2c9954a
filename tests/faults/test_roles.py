"""Each role does its work with exactly the rights it is deployed with, and is refused beyond them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError

from altered_functions import as_role
from fatal_models import ARMED, harmful
from full_coverage import assert_covered
from harmful_runs import ended, harmful_sweep
from workbench.contract import Output
from workbench.contract.keys import (
    CONTROLS_PREFIX,
    MANIFESTS_PREFIX,
    OUTCOMES_PREFIX,
    REPORTS_PREFIX,
    manifest_key,
    outcomes_prefix,
    reports_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

ROLES: Final = (Output.PARENT, Output.CHILD, Output.RECORDER)
PREFIXES: Final = (MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX, REPORTS_PREFIX, "athena/", "elsewhere/")
WRITES: Final = {
    Output.PARENT: {MANIFESTS_PREFIX, CONTROLS_PREFIX},
    Output.CHILD: {OUTCOMES_PREFIX, REPORTS_PREFIX},
    Output.RECORDER: {OUTCOMES_PREFIX, REPORTS_PREFIX},
}
# What each function may be asked to start: the parent its children and copies, a child its next pass, and each whoever
# hears of its failures.
CALLS: Final = {
    Output.PARENT: {Output.PARENT, Output.CHILD, Output.RECORDER},
    Output.CHILD: {Output.CHILD, Output.RECORDER},
    Output.RECORDER: set(),
}


@pytest.fixture(scope="module")
def run(backend: CloudBackend, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that left one of every kind of object: the roles did their work."""
    armed = tmp_path_factory.mktemp("harm")
    (armed / ARMED).touch()
    run = backend.submit(harmful_sweep(armed, ["none", "raise"], seed=9), shard_size=1)
    assert ended(run).state == "FAILED"
    (armed / ARMED).unlink()
    assert_covered(store, run.manifest, harmful, {1: "LookupError"})
    return run


@pytest.fixture(scope="module")
def objects(run: Run, store: Store) -> dict[str, str]:
    """One object of the run under each prefix."""
    prefixes = {
        MANIFESTS_PREFIX: manifest_key(run.run_id),
        OUTCOMES_PREFIX: outcomes_prefix("harmful", run.run_id),
        CONTROLS_PREFIX: f"{CONTROLS_PREFIX}{run.run_id}/",
        REPORTS_PREFIX: reports_prefix(run.run_id, 0),
    }
    return {prefix: next(store.keys(below)) for prefix, below in prefixes.items()}


@pytest.fixture
def scratch(local_stack: LocalStack, bucket: str) -> Iterator[str]:
    """A name for objects that tests write; none is left."""
    yield "written-by-a-test-of-rights"
    for prefix in PREFIXES:
        with suppress(ClientError):
            local_stack.client("s3", root=True).delete_object(Bucket=bucket, Key=f"{prefix}written-by-a-test-of-rights")


def allowed(action: Any, **arguments: object) -> bool:
    try:
        action(**arguments)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        return False
    return True


@pytest.mark.parametrize("role", ROLES)
def test_a_function_writes_under_its_own_prefixes_only(
    local_stack: LocalStack, bucket: str, scratch: str, role: Output
) -> None:
    s3 = as_role(local_stack, role, "s3")
    written = {prefix for prefix in PREFIXES if allowed(s3.put_object, Bucket=bucket, Key=prefix + scratch, Body=b"")}
    assert written == WRITES[role]


@pytest.mark.parametrize("role", ROLES)
def test_no_function_deletes_anything(
    local_stack: LocalStack, bucket: str, store: Store, objects: dict[str, str], role: Output
) -> None:
    s3 = as_role(local_stack, role, "s3")
    for key in objects.values():
        assert not allowed(s3.delete_object, Bucket=bucket, Key=key)
        assert not allowed(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": key}]})
        assert store.get(key) is not None


@pytest.mark.parametrize("role", ROLES)
def test_a_function_starts_those_it_must_only(local_stack: LocalStack, role: Output) -> None:
    client = as_role(local_stack, role, "lambda")
    started = {
        output
        for output in ROLES
        if allowed(client.invoke, FunctionName=local_stack.outputs[output], InvocationType="DryRun")
    }
    assert started == CALLS[role]


def test_a_researcher_reads_results_and_changes_none(
    local_stack: LocalStack, bucket: str, store: Store, scratch: str, objects: dict[str, str]
) -> None:
    s3 = local_stack.client("s3")
    for prefix, key in objects.items():
        kept = store.get(key)
        assert kept is not None
        assert not allowed(s3.put_object, Bucket=bucket, Key=key, Body=b"changed")
        assert not allowed(s3.put_object, Bucket=bucket, Key=prefix + scratch, Body=b"")
        assert not allowed(s3.delete_object, Bucket=bucket, Key=key)
        assert not allowed(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": key}]})
        assert store.get(key) == kept
