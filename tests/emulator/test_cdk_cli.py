"""What an operator does in a terminal, with the CDK's real command line: deploy, update, fail, close, destroy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import workbench as wb
from cdk_cli import CdkCli
from dying_models import does
from fatal_models import ARMED, OPEN, harmful, started
from full_coverage import assert_answers, assert_covered
from harmful_runs import ended, harmful_sweep, wait_until
from workbench.contract import Output
from workbench.contract.keys import manifest_key, outcomes_prefix
from workbench.errors import ApiError
from workbench.localcloud import process
from workbench.runs.health.checkup import Place, examine_place
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run

pytestmark = pytest.mark.emulator

STAGE = "cli-stage"
EXPERIMENTS = "fatal_models"
N_ROWS = 6
GOOD = harmful_sweep(Path("nowhere"), ["none"] * N_ROWS)


@pytest.fixture(scope="module")
def cdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CdkCli]:
    """A bare account: nothing is bootstrapped, nothing deployed."""
    state_dir = tmp_path_factory.mktemp("account") / "local"
    emulator = process.start(state_dir, retry_seconds=0.1)
    try:
        yield CdkCli(emulator, tmp_path_factory.mktemp("cdk"))
    finally:
        process.stop(state_dir)


@pytest.fixture(scope="module")
def base(cdk: CdkCli) -> Path:
    """The assembly of the stage that most tests begin with, in an account that is bootstrapped."""
    assembly = cdk.synth("base", stack_name=STAGE, experiments=EXPERIMENTS)
    cdk.bootstrap(assembly)
    return assembly


@pytest.fixture
def stage(cdk: CdkCli, base: Path) -> CloudBackend:
    """The stage as `base` says, whatever was done to it before."""
    cdk.deploy(base)
    return cdk.backend(STAGE)


def child(cdk: CdkCli, backend: CloudBackend) -> dict[str, Any]:
    """What can be seen of the child's configuration and code."""
    found = cdk.client("lambda").get_function_configuration(FunctionName=backend.stack.outputs[Output.CHILD])
    return {name: found[name] for name in ("MemorySize", "Timeout", "CodeSha256", "Environment")}


def store_of(cdk: CdkCli, backend: CloudBackend) -> S3Store:
    return S3Store(cdk.client("s3"), backend.stack.outputs[Output.BUCKET])


def history(cdk: CdkCli) -> list[tuple[str, str]]:
    """What was done to which resource of the stage, from the beginning; the stage itself by its name."""
    pages = cdk.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=STAGE)
    events = [event for page in pages for event in page["StackEvents"]]
    return [
        (STAGE if event["LogicalResourceId"] == STAGE else event["PhysicalResourceId"], event["ResourceStatus"])
        for event in reversed(events)
    ]


def last_start(events: list[tuple[str, str]]) -> int:
    return max(place for place, event in enumerate(events) if event == (STAGE, "UPDATE_IN_PROGRESS"))


def complete(backend: CloudBackend) -> Run:
    """Run the sweep that cannot fail, and ask Athena about it."""
    run = backend.submit(GOOD, shard_size=3, fresh=True)
    assert ended(run).state == "SUCCEEDED"
    assert_answers(run)
    return run


def begin(backend: CloudBackend, folder: Path) -> Run:
    """Begin a run whose rows wait in the middle of their evaluation until the folder is opened."""
    (folder / ARMED).touch()
    run = backend.submit(harmful_sweep(folder, ["gate"] * N_ROWS), shard_size=1)
    wait_until(lambda: started(folder), "the first row")
    return run


def finish(run: Run, store: S3Store, folder: Path) -> None:
    """Let the rows go on, and see that none is lost."""
    assert run.status().shards.missing == N_ROWS
    (folder / OPEN).touch()
    assert ended(run).state == "SUCCEEDED"
    assert_covered(store, run.manifest, harmful)


def test_a_deployed_stage_is_well_and_does_the_main_job(cdk: CdkCli, stage: CloudBackend) -> None:
    run = complete(stage)
    assert_covered(store_of(cdk, stage), run.manifest, harmful)
    place = Place(
        stack_name=STAGE,
        session=stage.stack.session,
        remedy="deploy it",
        repair="repair it",
        endpoint_url=stage.stack.endpoint_url,
        api_url=stage.stack.api_url,
    )
    assert [finding for finding in examine_place(place) if finding.verdict == "bad"] == []


def test_an_update_loses_nothing_of_a_run_in_flight(cdk: CdkCli, stage: CloudBackend, tmp_path: Path) -> None:
    before = child(cdk, stage)
    larger = cdk.synth("larger", stack_name=STAGE, experiments=EXPERIMENTS, child_memory_mb=2048)
    told = cdk.run("diff", f"--app={larger}")
    assert re.search(r"MemorySize\s+.*1769\s+.*2048", told), told
    run = begin(stage, tmp_path)
    cdk.deploy(larger)
    after = child(cdk, stage)
    assert (before["MemorySize"], after["MemorySize"]) == (1769, 2048)
    finish(run, store_of(cdk, stage), tmp_path)


def test_a_failing_deploy_is_rolled_back_and_can_be_mended(cdk: CdkCli, stage: CloudBackend) -> None:
    run, before = complete(stage), child(cdk, stage)
    glue = cdk.client("glue")
    in_the_way = {"DatabaseName": stage.stack.outputs[Output.DATABASE], "Name": "outcomes_does"}
    glue.create_table(DatabaseName=in_the_way["DatabaseName"], TableInput={"Name": in_the_way["Name"]})
    wider = cdk.synth("wider", stack_name=STAGE, experiments=f"{EXPERIMENTS},dying_models", child_timeout_s=200)
    told = cdk.deploy(wider, status=1)
    assert "Tables/Table-outcomes_does" in told
    assert "already exists" in told
    # The child had the new code and time limit already when the table failed.
    events = history(cdk)
    (rolled_back,) = [place for place, event in enumerate(events) if event == (STAGE, "UPDATE_ROLLBACK_IN_PROGRESS")]
    child_changed = (stage.stack.outputs[Output.CHILD], "UPDATE_COMPLETE")
    assert child_changed in events[last_start(events) : rolled_back]
    assert child_changed in events[rolled_back:]
    assert cdk.stack(STAGE)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert child(cdk, stage) == before
    with pytest.raises(ApiError, match="'does' is not deployed"):
        stage.submit(wb.Sweep(does, wb.product(step=[0]), fixed={"deeds": ""}), shard_size=1)
    assert_answers(stage.open(run.run_id))
    complete(stage)
    glue.delete_table(**in_the_way)
    cdk.deploy(wider)
    assert child(cdk, stage)["Timeout"] == 200


def test_a_closed_ingress_takes_nothing_and_keeps_everything(cdk: CdkCli, stage: CloudBackend, tmp_path: Path) -> None:
    closed = cdk.synth("closed", stack_name=STAGE, experiments=EXPERIMENTS, ingress=False)
    in_flight = begin(stage, tmp_path)
    cdk.deploy(closed)
    for refused in (lambda: stage.submit(GOOD, shard_size=3, fresh=True), in_flight.resume):
        with pytest.raises(ApiError, match="403 ingress_closed: this deployment takes no submissions"):
            refused()
    finish(in_flight, store_of(cdk, stage), tmp_path)
    assert_answers(in_flight)
    local = wb.serial(tmp_path / "results").submit(GOOD)
    assert ended(local).state == "SUCCEEDED"


def test_a_wrong_setting_stops_the_synthesis(cdk: CdkCli) -> None:
    arguments = {"emulator": True, "child_memory_mb": 64, "stack_name": "no_underscores", "child_memory": 2048}
    told = cdk.run("synth", "--quiet", f"--output={cdk.folder / 'wrong'}", status=1, **arguments)
    assert "child_memory_mb: '64' breaks the rule: a whole number from 512 to 10,240" in told
    assert "stack_name: 'no_underscores' breaks the rule: " in told
    assert "child_memory: there is no such setting for '2048'; there are " in told
    assert "Traceback" not in told
    assert not (cdk.folder / "wrong" / "manifest.json").exists()


def with_a_run(cdk: CdkCli, name: str, assembly: Path) -> tuple[CloudBackend, Run, dict[str, bytes | None]]:
    """Deploy a stage and run something on it; returns the objects of the run, too."""
    cdk.deploy(assembly)
    backend = cdk.backend(name)
    run, store = complete(backend), store_of(cdk, backend)
    prefix = outcomes_prefix(run.manifest.spec.name, run.run_id)
    kept = {key: store.get(key) for key in (manifest_key(run.run_id), *store.keys(prefix))}
    assert len(kept) == 3
    return backend, run, kept


def assert_destroyed(cdk: CdkCli, name: str, assembly: Path, backend: CloudBackend) -> set[str]:
    """Destroy a stage, see that it is gone, and return the buckets that are left."""
    cdk.run("destroy", "--force", f"--app={assembly}")
    with pytest.raises(ClientError, match="does not exist"):
        cdk.stack(name)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        child(cdk, backend)
    return {bucket["Name"] for bucket in cdk.client("s3").list_buckets()["Buckets"]}


def test_destroy_keeps_the_data(cdk: CdkCli, base: Path) -> None:
    name = f"{STAGE}-kept"
    assembly = cdk.synth("kept", stack_name=name, experiments=EXPERIMENTS)
    backend, run, kept = with_a_run(cdk, name, assembly)
    store = store_of(cdk, backend)
    assert store.bucket in assert_destroyed(cdk, name, assembly, backend)
    assert {key: store.get(key) for key in kept} == kept
    assert_covered(store, run.manifest, harmful)


def test_destroy_takes_the_data_where_it_is_to(cdk: CdkCli, base: Path) -> None:
    name = f"{STAGE}-gone"
    backend, _, kept = with_a_run(cdk, name, cdk.synth("still-kept", stack_name=name, experiments=EXPERIMENTS))
    store, s3 = store_of(cdk, backend), cdk.client("s3")
    assembly = cdk.synth("gone", stack_name=name, experiments=EXPERIMENTS, removal_policy="destroy")
    cdk.deploy(assembly)
    # Objects alone are not enough: AWS deletes no bucket that has versions of them.
    for key in kept:
        s3.delete_object(Bucket=store.bucket, Key=key)
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=store.bucket)
    cdk.python(f"import boto3; boto3.resource('s3').Bucket('{store.bucket}').object_versions.delete()")
    left = s3.list_object_versions(Bucket=store.bucket)
    assert not left.keys() & {"Versions", "DeleteMarkers"}
    assert store.bucket not in assert_destroyed(cdk, name, assembly, backend)
