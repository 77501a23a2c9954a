"""Who may do what: each role and the researcher hold exactly the rights that are listed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Synthesized

Grant = tuple[str, str]


def test_the_parent_writes_manifests_and_calls_children(synthesized: Synthesized) -> None:
    assert grants_of_role(synthesized, "Parent") == {
        ("logs:CreateLogStream", "ParentLog"),
        ("logs:PutLogEvents", "ParentLog"),
        ("s3:GetObject", "ResultsBucket/manifests/*"),
        ("s3:PutObject", "ResultsBucket/manifests/*"),
        ("s3:ListBucket", "ResultsBucket?manifests/*"),
        ("lambda:InvokeFunction", "ChildFunction"),
    }


def test_the_child_reads_manifests_and_writes_outcomes(synthesized: Synthesized) -> None:
    assert grants_of_role(synthesized, "Child") == {
        ("logs:CreateLogStream", "ChildLog"),
        ("logs:PutLogEvents", "ChildLog"),
        ("s3:GetObject", "ResultsBucket/manifests/*"),
        ("s3:GetObject", "ResultsBucket/outcomes/*"),
        ("s3:PutObject", "ResultsBucket/outcomes/*"),
        ("s3:ListBucket", "ResultsBucket?manifests/*"),
        ("s3:ListBucket", "ResultsBucket?outcomes/*"),
    }


def test_the_researcher_submits_asks_and_reads(synthesized: Synthesized) -> None:
    document = synthesized.only("AWS::IAM::ManagedPolicy")["PolicyDocument"]
    asking = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution")
    reading = ("GetDatabase", "GetPartition", "GetPartitions", "GetTable", "GetTables")
    assert grants(document) == {
        ("execute-api:Invoke", "execute-api:RunsApi/RunsApiDeploymentStagev/POST/runs"),
        *(("s3:GetObject", f"ResultsBucket/{prefix}/*") for prefix in ("manifests", "outcomes", "athena")),
        *(("s3:ListBucket", f"ResultsBucket?{prefix}/*") for prefix in ("manifests", "outcomes", "athena")),
        ("s3:PutObject", "ResultsBucket/athena/*"),
        ("s3:GetBucketLocation", "ResultsBucket"),
        *((f"athena:{action}", "athena:workgroup/sweep-workbench") for action in asking),
        *((f"glue:{action}", "glue:catalog") for action in reading),
        *((f"glue:{action}", "glue:database/sweep_workbench") for action in reading),
        *((f"glue:{action}", "glue:table/sweep_workbench/*") for action in reading),
        ("cloudformation:DescribeStacks", "cloudformation:stack/sweep-workbench/*"),
    }


def test_no_function_holds_a_managed_policy(synthesized: Synthesized) -> None:
    for name, role in synthesized.resources("AWS::IAM::Role").items():
        assert ("ManagedPolicyArns" in role) == name.startswith("RunsApiCloudWatchRole")


def grants_of_role(synthesized: Synthesized, prefix: str) -> set[Grant]:
    (policy,) = (
        policy
        for policy in synthesized.resources("AWS::IAM::Policy").values()
        if [role["Ref"].startswith(f"{prefix}Role") for role in policy["Roles"]] == [True]
    )
    return grants(policy["PolicyDocument"])


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
