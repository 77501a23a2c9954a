"""Whatever valid settings a deployment has, its template keeps the promises; cdk-nag finds nothing in any of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import StageConfig, read_config
from rules import LOG_RETENTION_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Synthesized

ACCOUNTS = st.lists(st.integers(0, 10**12 - 1).map("{:012}".format), max_size=3, unique=True)
ENDPOINTS = st.lists(st.integers(0, 16**8 - 1).map("vpce-{:08x}".format), max_size=2, unique=True)
KEYS = st.uuids().map(lambda key: f"arn:aws:kms:eu-west-1:{'0' * 12}:key/{key}")
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "stack_name": st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,20}(-[A-Za-z0-9]{1,9})?", fullmatch=True),
        "python": st.sampled_from(["3.12", "3.13", "3.14"]),
        "architecture": st.sampled_from(["x86_64", "arm64"]),
        "max_shards": st.integers(1, 10**6),
        "child_memory_mb": st.integers(512, 10_240),
        "child_timeout_s": st.integers(30, 900).map(str),
        "reserved_concurrency": st.integers(1, 1000),
        "provisioned_concurrency": st.integers(0, 3),
        "retries": st.integers(0, 2),
        "ingress": st.booleans(),
        "source_accounts": ACCOUNTS,
        "vpc_endpoints": ENDPOINTS,
        "kms_key_arn": KEYS,
        "removal_policy": st.sampled_from(["retain", "destroy"]),
        "run_expiry_days": st.integers(7, 3650),
        "log_retention_days": st.sampled_from(LOG_RETENTION_DAYS),
        "alarm_email": st.just("ada@example.org"),
        "emulator": st.booleans(),
    },
)
# How long CloudFormation's names become, by what the services take; the longest region and partition that there are.
LONGEST = {"AWS::S3::Bucket": 63, "AWS::Lambda::Function": 64, "AWS::SQS::Queue": 80, "AWS::SNS::Topic": 256}
PSEUDO = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-2", "AWS::AccountId": "0" * 12}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_CHARACTERS = 6_144
ROLE_CHARACTERS = 10_240
READ_ONLY_EVERYWHERE = {
    *("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
    *("logs:DescribeQueryDefinitions", "logs:GetQueryResults", "logs:StopQuery"),
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(context=CONTEXTS)
def test_every_deployment_keeps_the_promises(
    make: Callable[[StageConfig], Synthesized], context: dict[str, object]
) -> None:
    config = read_config(context)
    made = make(config)
    resources = made.template["Resources"]
    # What a method answers without a signature, what may be read in plain text, what is granted without a limit.
    assert {method["AuthorizationType"] for method in made.resources("AWS::ApiGateway::Method").values()} == {"AWS_IAM"}
    assert set(made.only("AWS::S3::Bucket")["PublicAccessBlockConfiguration"].values()) == {True}
    assert made.only("AWS::S3::Bucket")["VersioningConfiguration"] == {"Status": "Enabled"}
    if not config.emulator:
        (policy,) = made.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
        assert (policy["Effect"], policy["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert set(granted_everywhere(made)) == READ_ONLY_EVERYWHERE
    roles = [function["Role"]["Fn::GetAtt"][0] for function in made.resources("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles) == 3
    kept = {item.get("DeletionPolicy") for item in resources.values() if item["Type"] == "AWS::S3::Bucket"}
    assert kept == {"Delete" if config.removal_policy == "destroy" else "Retain"}
    # Whoever must be told of a lost shard is told, in every one of them.
    told = made.resources("AWS::Lambda::EventInvokeConfig").values()
    assert [list(setting["DestinationConfig"]) for setting in told] == [["OnFailure"]] * 3
    assert len(made.resources("AWS::CloudWatch::Alarm")) == 8
    assert len(resources) < 500
    assert len(json.dumps(made.template)) < 1_000_000


def granted_everywhere(made: Synthesized) -> list[str]:
    policies = [*made.resources("AWS::IAM::Policy").values(), *made.resources("AWS::IAM::ManagedPolicy").values()]
    statements = [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]
    return [action for one in statements if one["Resource"] == "*" for action in as_list(one["Action"])]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_policies_are_no_longer_than_iam_takes(make: Callable[[StageConfig], Synthesized]) -> None:
    key = f"arn:aws-us-gov:kms:ap-southeast-2:{'0' * 12}:key/mrk-{'0' * 32}"
    made = make(read_config({"stack_name": "s" * 100, "kms_key_arn": key}))
    managed = made.resources("AWS::IAM::ManagedPolicy").values()
    sizes = [len(written(policy["PolicyDocument"], made)) for policy in managed]
    assert len(sizes) == 2
    assert 2_000 < min(sizes) < max(sizes) <= MANAGED_POLICY_CHARACTERS
    of_roles: Counter[str] = Counter()
    for policy in made.resources("AWS::IAM::Policy").values():
        of_roles[policy["Roles"][0]["Ref"]] += len(written(policy["PolicyDocument"], made))
    assert len(of_roles) == 3
    assert max(of_roles.values()) <= ROLE_CHARACTERS


def written(value: Any, made: Synthesized) -> str:
    """A document as IAM counts it, with the longest names that it could be deployed with."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(written(part, made) for part in parts)
        case {"Ref": str(name)}:
            return PSEUDO.get(name) or physical_name(name, made)
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return ":".join(
                [
                    "arn",
                    PSEUDO["AWS::Partition"],
                    "cloudwatch",
                    PSEUDO["AWS::Region"],
                    PSEUDO["AWS::AccountId"],
                    physical_name(name, made),
                ]
            )
        case dict():
            return "{" + ",".join(f'"{key}":"{written(one, made)}"' for key, one in value.items()) + "}"
        case list():
            return "[" + ",".join(f'"{written(one, made)}"' for one in value) + "]"
    return str(value)


def physical_name(logical_id: str, made: Synthesized) -> str:
    resource = made.template["Resources"][logical_id]
    named = resource.get("Properties", {}).get("AlarmName")
    return named or f"{made.name}-{logical_id}-{'X' * 13}:*"[: LONGEST.get(resource["Type"], 512)]


def test_equal_settings_are_equal_templates(make: Callable[[StageConfig], Synthesized]) -> None:
    config = read_config({"alarm_email": "ada@example.org", "ingress": False, "provisioned_concurrency": 1})
    assert make(config).template_file.read_bytes() == make(config).template_file.read_bytes()


def test_the_rules_of_cdk_nag_speak_up_here_too(
    make: Callable[[StageConfig], Synthesized], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aws_cdk import aws_sqs as sqs  # noqa: PLC0415

    import query  # noqa: PLC0415 -- found from the folder that conftest puts on the path

    class Careless(query.Workgroup):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            sqs.Queue(self, "Careless")

    monkeypatch.setattr("stack.Workgroup", Careless)
    with pytest.raises(RuntimeError, match="alidation"):
        make(StageConfig())
