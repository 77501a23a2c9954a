"""What each setting makes of the template, and that without it nothing of the kind is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from config import StageConfig
from workbench.contract import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Synthesized

    Make = Callable[[StageConfig], Synthesized]

ACCOUNT, OTHER = "0" * 12, "9" * 12
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{'0' * 8}-0000-0000-0000-{'0' * 12}"


def of_kind(made: Synthesized, kind: str) -> list[dict[str, Any]]:
    return [item for item in made.template["Resources"].values() if item["Type"] == kind]


def function_named(made: Synthesized, name: str) -> dict[str, Any]:
    (found,) = (item for key, item in made.resources("AWS::Lambda::Function").items() if key.startswith(name))
    return found


def methods(made: Synthesized) -> dict[str, dict[str, Any]]:
    """Integrations by the last part of the path."""
    parts = {key: item["PathPart"] for key, item in made.resources("AWS::ApiGateway::Resource").items()}
    found = made.resources("AWS::ApiGateway::Method").values()
    return {parts[method["ResourceId"]["Ref"]]: method for method in found}


def test_a_closed_ingress_answers_by_itself_and_still_cancels(make: Make) -> None:
    made, plain = make(StageConfig(ingress=False)), make(StageConfig())
    closed = methods(made)
    assert {part: method["Integration"]["Type"] for part, method in closed.items()} == {
        "runs": "MOCK",
        "resume": "MOCK",
        "cancel": "AWS_PROXY",
    }
    for part in ("runs", "resume"):
        (answer,) = closed[part]["Integration"]["IntegrationResponses"]
        assert closed[part]["AuthorizationType"] == "AWS_IAM"
        assert [one["StatusCode"] for one in closed[part]["MethodResponses"]] == [answer["StatusCode"]] == ["403"]
        assert json.loads(closed[part]["Integration"]["RequestTemplates"]["application/json"]) == {"statusCode": 403}
        reply = msgspec.json.decode(answer["ResponseTemplates"]["application/json"], type=ErrorReply)
        assert (reply.error.code, reply.request_id) == ("ingress_closed", "$context.requestId")
    permitted = [item["Properties"]["SourceArn"] for item in of_kind(made, "AWS::Lambda::Permission")]
    assert all("cancel" in json.dumps(arn) for arn in permitted)
    # The snapshot is another one, the address and everything behind it stay.
    assert made.resources("AWS::ApiGateway::Deployment").keys() != plain.resources("AWS::ApiGateway::Deployment").keys()
    for kind in ("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::Lambda::Function", "AWS::S3::Bucket"):
        assert made.resources(kind).keys() == plain.resources(kind).keys()


def test_no_policy_turns_callers_away_unless_it_is_asked_for(make: Make) -> None:
    api = make(StageConfig()).only("AWS::ApiGateway::RestApi")
    assert "Policy" not in api
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_other_accounts_are_let_in_and_all_not_named_are_turned_away(make: Make) -> None:
    made = make(StageConfig(source_accounts=(ACCOUNT, OTHER)))
    allow, deny = made.only("AWS::ApiGateway::RestApi")["Policy"]["Statement"]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    assert [json.dumps(one).count(":root") for one in allow["Principal"]["AWS"]] == [1, 1]
    # An allowance for the stack's own account would take the place of its identities' own policies.
    assert allow["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}
    assert deny["Principal"] == {"AWS": "*"}
    assert deny["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT, OTHER]}}
    # API Gateway reads a policy when the API is deployed: another policy must make another deployment.
    deployments = [one.resources("AWS::ApiGateway::Deployment").keys() for one in (made, make(StageConfig()))]
    assert deployments[0] != deployments[1]


def test_an_api_behind_endpoints_is_private(make: Make) -> None:
    api = make(StageConfig(vpc_endpoints=("vpce-0a1b2c3d",))).only("AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": ["vpce-0a1b2c3d"]}
    (deny,) = api["Policy"]["Statement"]
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d"]}}


def test_a_key_of_ones_own_encrypts_results_and_answers(make: Make) -> None:
    made = make(StageConfig(kms_key_arn=KEY))
    (rule,) = made.only("AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert rule["BucketKeyEnabled"] is True
    answers = made.only("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]["ResultConfiguration"]
    assert answers["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}
    holders = {
        name: statement
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for name, policy in made.resources(kind).items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "kms" in json.dumps(statement["Action"])
    }
    expected = ("ChildRole", "ParentRole", "RecorderRole", "ResearcherPolicy")
    assert [name.startswith(start) for name, start in zip(sorted(holders), expected, strict=True)] == [True] * 4
    for statement in holders.values():
        assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], KEY)
        assert list(statement["Condition"]["StringEquals"]) == ["kms:ViaService"]


def test_results_go_with_the_stack_where_they_are_to(make: Make) -> None:
    made = make(StageConfig(removal_policy="destroy"))
    (bucket,) = of_kind(made, "AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Delete"
    assert made.only("AWS::Athena::WorkGroup")["RecursiveDeleteOption"] is True


def test_old_runs_expire_where_they_are_to(make: Make) -> None:
    rules = make(StageConfig(run_expiry_days=90)).only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    runs = dict.fromkeys(("manifests/", "outcomes/", "controls/", "reports/", "tags/"), 90)
    assert expiring == runs | {"athena/": 7}


def test_children_have_a_share_of_the_concurrency_where_it_is_asked_for(make: Make) -> None:
    made = make(StageConfig(reserved_concurrency=50))
    assert function_named(made, "Child")["ReservedConcurrentExecutions"] == 50
    for other in ("Parent", "Recorder"):
        assert "ReservedConcurrentExecutions" not in function_named(made, other)
    assert "ReservedConcurrentExecutions" not in function_named(make(StageConfig()), "Child")


def test_requests_go_to_environments_that_wait_where_there_are_some(make: Make) -> None:
    made = make(StageConfig(provisioned_concurrency=2))
    (alias,) = made.resources("AWS::Lambda::Alias")
    assert made.only("AWS::Lambda::Alias")["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 2}
    assert all(alias in json.dumps(method["Integration"]["Uri"]) for method in methods(made).values())
    plain = make(StageConfig())
    assert not plain.resources("AWS::Lambda::Alias")
    assert not plain.resources("AWS::Lambda::Version")


def test_retries_are_those_of_children_and_parents_the_recorder_keeps_its_own(make: Make) -> None:
    settings = make(StageConfig(retries=0)).resources("AWS::Lambda::EventInvokeConfig").values()
    tries = {setting["FunctionName"]["Ref"][:5]: setting["MaximumRetryAttempts"] for setting in settings}
    assert tries == {"Child": 0, "Paren": 0, "Recor": 2}


def test_log_lines_are_kept_as_long_as_asked_for(make: Make) -> None:
    groups = make(StageConfig(log_retention_days=400)).resources("AWS::Logs::LogGroup").values()
    assert [group["RetentionInDays"] for group in groups] == [400] * 4


def test_somebody_hears_of_alarms_where_there_is_an_address(make: Make) -> None:
    mail = make(StageConfig(alarm_email="ada@example.org")).only("AWS::SNS::Subscription")
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "ada@example.org")
    assert not make(StageConfig()).resources("AWS::SNS::Subscription")
