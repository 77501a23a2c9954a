"""Who may do what: each role and the researcher hold exactly the rights that are listed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Synthesized

Grant = tuple[str, str]

ALL_BUT_ATHENA = ("manifests", "outcomes", "controls", "reports")
OF_PARENT = ("manifests", "controls")
# The right that Lambda needs to deliver to a destination.
RECORDER = {("lambda:InvokeFunction", "RecorderFunction"), ("lambda:InvokeFunction", "RecorderFunction:*")}
READABLE = (*ALL_BUT_ATHENA, "athena", "tags")
LOGS = ("ParentLog", "ChildLog", "RecorderLog", "RunsAccessLog")
ALARMS = (
    *("Alarmsshardslost", "Alarmsshardsunrecorded", "Alarmschilderrors", "Alarmsparenterrors"),
    *("Alarmschildthrottles", "Alarmschildeventage", "Alarmsparenteventage", "Alarmsapifaults"),
)


def test_the_parent_writes_manifests_and_controls_and_calls_children(synthesized: Synthesized) -> None:
    assert grants_of_role(synthesized, "Parent") == {
        ("logs:CreateLogStream", "ParentLog"),
        ("logs:PutLogEvents", "ParentLog"),
        *((f"s3:{action}Object", f"ResultsBucket/{prefix}/*") for action in ("Get", "Put") for prefix in OF_PARENT),
        *(("s3:ListBucket", f"ResultsBucket?{prefix}/*") for prefix in ("outcomes", *OF_PARENT)),
        ("lambda:InvokeFunction", "ChildFunction"),
        ("lambda:InvokeFunction", "ParentFunction"),
        *RECORDER,
    }


def test_the_child_reads_manifests_and_controls_and_writes_outcomes_and_reports(synthesized: Synthesized) -> None:
    assert grants_of_role(synthesized, "Child") == {
        ("logs:CreateLogStream", "ChildLog"),
        ("logs:PutLogEvents", "ChildLog"),
        *(("s3:GetObject", f"ResultsBucket/{prefix}/*") for prefix in ("manifests", "outcomes", "controls")),
        *(("s3:PutObject", f"ResultsBucket/{prefix}/*") for prefix in ("outcomes", "reports")),
        *(("s3:ListBucket", f"ResultsBucket?{prefix}/*") for prefix in ALL_BUT_ATHENA),
        ("lambda:InvokeFunction", "ChildFunction"),
        *RECORDER,
    }


def test_the_recorder_writes_outcomes_and_reports_and_fills_its_queue(synthesized: Synthesized) -> None:
    assert grants_of_role(synthesized, "Recorder") == {
        ("logs:CreateLogStream", "RecorderLog"),
        ("logs:PutLogEvents", "RecorderLog"),
        *(("s3:GetObject", f"ResultsBucket/{prefix}/*") for prefix in ("manifests", "outcomes")),
        *(("s3:PutObject", f"ResultsBucket/{prefix}/*") for prefix in ("outcomes", "reports")),
        *(("s3:ListBucket", f"ResultsBucket?{prefix}/*") for prefix in ALL_BUT_ATHENA),
        *((f"sqs:{action}", "RecorderUnrecorded") for action in ("SendMessage", "GetQueueAttributes", "GetQueueUrl")),
    }


def test_no_function_waits_for_the_policy_that_names_it(synthesized: Synthesized) -> None:
    resources = synthesized.template["Resources"]
    named = [name for name in resources if name.startswith(("ChildItself", "ParentItself"))]
    assert len(named) == 2
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::Function":
            assert not set(named) & set(resource["DependsOn"])


def test_nobody_can_call_before_the_functions_have_their_rights(synthesized: Synthesized) -> None:
    resources = synthesized.template["Resources"]
    (stage,) = (item for item in resources.values() if item["Type"] == "AWS::ApiGateway::Stage")
    needed = {
        name
        for name, item in resources.items()
        if item["Type"] in {"AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig"}
    }
    assert len(needed) == 8
    assert needed <= set(stage["DependsOn"])


def test_the_researcher_submits_asks_and_reads(synthesized: Synthesized) -> None:
    executions = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution")
    asking = (*executions, "BatchGetNamedQuery", "GetNamedQuery", "ListNamedQueries")
    reading = ("GetDatabase", "GetPartition", "GetPartitions", "GetTable", "GetTables")
    assert grants(managed(synthesized, "Researcher")) == {
        *(
            ("execute-api:Invoke", f"execute-api:RunsApi/RunsApiDeploymentStagev/POST/{path}")
            for path in ("runs", "runs/*/resume", "runs/*/cancel")
        ),
        *(("s3:GetObject", f"ResultsBucket/{prefix}/*") for prefix in READABLE),
        *(("s3:ListBucket", f"ResultsBucket?{prefix}/*") for prefix in READABLE),
        *(("s3:PutObject", f"ResultsBucket/{prefix}/*") for prefix in ("athena", "tags")),
        ("s3:GetBucketLocation", "ResultsBucket"),
        *((f"athena:{action}", "athena:workgroup/sweep-workbench") for action in asking),
        *((f"glue:{action}", "glue:catalog") for action in reading),
        *((f"glue:{action}", "glue:database/sweep_workbench") for action in reading),
        *((f"glue:{action}", "glue:table/sweep_workbench/*") for action in reading),
        ("cloudformation:DescribeStacks", "cloudformation:stack/sweep-workbench/*"),
    }


def test_the_operator_looks_on_takes_up_and_clears_away(synthesized: Synthesized) -> None:
    redrive = ("DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "PurgeQueue", "ReceiveMessage")
    reading_logs = ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "StartQuery")
    reading_stack = ("DescribeStackEvents", "DescribeStackResources", "DescribeStacks")
    assert grants(managed(synthesized, "Operator")) == {
        *(
            ("execute-api:Invoke", f"execute-api:RunsApi/RunsApiDeploymentStagev/POST/{path}")
            for path in ("runs/*/resume", "runs/*/cancel")
        ),
        *((f"sqs:{action}", "RecorderUnrecorded") for action in (*redrive, "ChangeMessageVisibility")),
        ("lambda:InvokeFunction", "RecorderFunction"),
        *((f"s3:ListBucket{kind}", f"ResultsBucket?{prefix}/*") for kind in ("", "Versions") for prefix in READABLE),
        *((f"s3:DeleteObject{kind}", f"ResultsBucket/{prefix}/*") for kind in ("", "Version") for prefix in READABLE),
        *((f"logs:{action}", log) for action in reading_logs for log in LOGS),
        *((f"cloudwatch:DescribeAlarm{what}", alarm) for what in ("s", "History") for alarm in ALARMS),
        ("cloudwatch:GetDashboard", "cloudwatch:dashboard/sweep-workbench"),
        *((f"sns:{action}", "AlarmsTopic") for action in ("ListSubscriptionsByTopic", "Publish")),
        *((f"cloudformation:{action}", "cloudformation:stack/sweep-workbench/*") for action in reading_stack),
        # These know no resources.
        *((f"cloudwatch:{action}", "*") for action in ("GetMetricData", "ListMetrics")),
        *((f"logs:{action}", "*") for action in ("DescribeQueryDefinitions", "GetQueryResults", "StopQuery")),
    }


def test_nobody_else_holds_rights(synthesized: Synthesized) -> None:
    """The lists above are all there is: no other role, user or policy, and none that is written into a role."""
    kinds = {item["Type"] for item in synthesized.template["Resources"].values()}
    assert {kind for kind in kinds if kind.startswith("AWS::IAM::")} == {
        *("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    }
    roles = synthesized.resources("AWS::IAM::Role")
    assert sorted(name[:-8] for name in roles) == ["ChildRole", "ParentRole", "RecorderRole", "RunsApiCloudWatchRole"]
    assert not [name for name, role in roles.items() if "Policies" in role]
    trusted = {role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] for role in roles.values()}
    assert trusted == {"lambda.amazonaws.com", "apigateway.amazonaws.com"}
    assert [len(role["AssumeRolePolicyDocument"]["Statement"]) for role in roles.values()] == [1] * 4
    attached = [policy["Roles"] for policy in synthesized.resources("AWS::IAM::Policy").values()]
    functions = {name for name in roles if not name.startswith("RunsApi")}
    assert {role["Ref"] for (role,) in attached} == functions
    for policy in synthesized.resources("AWS::IAM::ManagedPolicy").values():
        assert not policy.keys() & {"Groups", "Roles", "Users"}


def test_only_the_api_may_invoke_and_only_the_alarms_may_publish(synthesized: Synthesized) -> None:
    permissions = synthesized.resources("AWS::Lambda::Permission").values()
    assert {(item["Action"], item["Principal"]) for item in permissions} == {
        ("lambda:InvokeFunction", "apigateway.amazonaws.com")
    }
    assert {readable(item["FunctionName"]) for item in permissions} == {"ParentFunction"}
    # Of the one stage, whose callers sign: not of the console's test.
    assert sorted(readable(item["SourceArn"]) for item in permissions) == [
        f"execute-api:RunsApi/RunsApiDeploymentStagev/POST/{path}"
        for path in ("runs", "runs/*/cancel", "runs/*/resume")
    ]
    # Policies on resources: what they allow; test_observability looks at the one of the topic.
    allowed = {
        name: statement["Action"]
        for name, item in synthesized.template["Resources"].items()
        if item["Type"].endswith("Policy") and not item["Type"].startswith("AWS::IAM::")
        for statement in item["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    assert {name[:-8]: action for name, action in allowed.items()} == {"AlarmsTopicPolicy": "sns:Publish"}


def test_no_function_holds_a_managed_policy(synthesized: Synthesized) -> None:
    for name, role in synthesized.resources("AWS::IAM::Role").items():
        assert ("ManagedPolicyArns" in role) == name.startswith("RunsApiCloudWatchRole")


def managed(synthesized: Synthesized, prefix: str) -> dict[str, Any]:
    """The document of a managed policy; there are two."""
    policies = synthesized.resources("AWS::IAM::ManagedPolicy")
    assert len(policies) == 2
    (document,) = (item["PolicyDocument"] for name, item in policies.items() if name.startswith(prefix))
    return dict(document)


def grants_of_role(synthesized: Synthesized, prefix: str) -> set[Grant]:
    found: set[Grant] = set()
    for policy in synthesized.resources("AWS::IAM::Policy").values():
        (role,) = policy["Roles"]
        if role["Ref"].startswith(f"{prefix}Role"):
            found |= grants(policy["PolicyDocument"])
    return found


def grants(document: dict[str, Any]) -> set[Grant]:
    """Every allowed (action, resource); a condition on the prefix is written behind a question mark."""
    found: set[Grant] = set()
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", [""])
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                for prefix in as_list(prefixes):
                    found.add((action, readable(resource) + (f"?{prefix}" if prefix else "")))
    return found


def readable(resource: Any) -> str:
    """A resource without the parts that are the same everywhere: hashes of logical ids, partition, region, account."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]} | {"Ref": name}:
            return "" if name.startswith("AWS::") else name[:-8].rstrip("0123456789")
        case {"Fn::Join": ["", parts]}:
            text = "".join(readable(part) for part in parts)
            service, _, rest = text.removeprefix("arn::").partition(":::")
            return f"{service}:{rest}" if rest else text
        case str():
            return resource
    raise AssertionError(resource)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
