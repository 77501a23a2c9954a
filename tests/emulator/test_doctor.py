"""`workbench doctor` on the stack in the laptop: well, and with each of the ways in which access goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest

from workbench.runs.health.access import NETWORK, POLICY
from workbench.runs.health.checkup import Place, examine_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_stack import LocalStack
    from workbench.runs.health.finding import Finding

pytestmark = pytest.mark.emulator

USER = "somebody-without-the-policy"


def examine(
    stack: LocalStack, key: str, secret: str, *, name: str | None = None, api_url: str | None = None
) -> dict[str, Finding]:
    """What is found with other credentials, or another name or address, than the stack's."""
    place = Place(
        stack_name=name or stack.deployment.stack_name,
        session=boto3.session.Session(
            aws_access_key_id=key, aws_secret_access_key=secret, region_name=stack.deployment.region
        ),
        remedy="deploy it",
        repair="repair it",
        endpoint_url=stack.deployment.endpoint_url,
        api_url=api_url or stack.deployment.api_url,
    )
    return {finding.name: finding for finding in examine_place(place)}


def doctor(stack: LocalStack, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench.cli", "doctor"]
    return subprocess.run(
        command, env=stack.environment | environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_researcher_finds_all_well(local_stack: LocalStack) -> None:
    done = doctor(local_stack)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert lines.pop() == "A sweep can run there."
    parts = ["python", "fork", "disk", "emulator", "region", "credentials", "stack", "api", "bucket", "queries"]
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in [*parts, "code", "numpy"]]
    assert f"/{local_stack.deployment.stack_name}-researcher (from explicit)" in done.stdout
    assert "the same here and there: dies_while, " in done.stdout


def test_a_client_that_knows_other_experiments(local_stack: LocalStack) -> None:
    done = doctor(local_stack, WORKBENCH_EXPERIMENTS="faulty_models,thread_models")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warn experiments known here, but not deployed: " in done.stdout
    assert "warn experiments deployed, but not known here: " in done.stdout
    assert done.stdout.endswith("mind the warnings.\n")


def test_a_key_that_nobody_knows_and_a_wrong_secret(local_stack: LocalStack) -> None:
    for key, secret in (("AKIDUNKNOWN", "x"), (local_stack.deployment.access_key_id, "wrong")):
        found = examine(local_stack, key, secret)
        assert list(found) == ["region", "credentials"]
        assert found["credentials"].verdict == "bad"
        assert found["credentials"].remedy.startswith("AWS does not know this key or its secret")


def allow(stack: LocalStack, action: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    stack.client("iam", root=True).put_user_policy(
        UserName=USER,
        PolicyName="find",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@pytest.fixture
def stranger(local_stack: LocalStack) -> Iterator[tuple[str, str]]:
    """The key of a user who may find the stack, and no more."""
    iam = local_stack.client("iam", root=True)
    iam.create_user(UserName=USER)
    allow(local_stack, "cloudformation:DescribeStacks")
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    yield key["AccessKeyId"], key["SecretAccessKey"]
    iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=USER, PolicyName="find")
    iam.delete_user(UserName=USER)


def test_a_user_without_the_policy(local_stack: LocalStack, stranger: tuple[str, str]) -> None:
    found = examine(local_stack, *stranger)
    assert [name for name, finding in found.items() if finding.verdict == "ok"] == ["region", "credentials", "stack"]
    refused = {name: finding for name, finding in found.items() if finding.verdict == "bad"}
    assert list(refused) == ["api", "bucket", "queries", "tables"]
    for name, right in {
        "api": "execute-api:Invoke",
        "bucket": "s3:ListBucket",
        "queries": "athena:StartQueryExecution",
        "tables": "glue:GetTables",
    }.items():
        assert right in refused[name].seen
        assert "olicy" in refused[name].remedy
    allow(local_stack, "s3:ListAllMyBuckets")
    found = examine(local_stack, *stranger)
    assert (list(found)[-1], found["stack"].verdict, found["stack"].remedy) == ("stack", "bad", POLICY)


def test_no_such_stack_and_an_api_that_does_not_answer(local_stack: LocalStack) -> None:
    key, secret = local_stack.deployment.access_key_id, local_stack.deployment.secret_access_key
    missing = examine(local_stack, "test", "test", name="nowhere")
    assert (missing["stack"].seen, missing["stack"].remedy) == ("there is no stack 'nowhere'", "deploy it")
    found = examine(local_stack, key, secret, api_url="http://127.0.0.1:9/v1")
    assert (found["api"].verdict, found["api"].remedy) == ("bad", NETWORK)
    assert found["bucket"].verdict == "ok"
