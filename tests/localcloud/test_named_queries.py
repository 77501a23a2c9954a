"""Named queries of a template, on the emulator: made, changed and removed as CloudFormation does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import EmulatorError
from workbench.localcloud import stack

if TYPE_CHECKING:
    from athena_lab import Lab

pytestmark = pytest.mark.emulator

REFUSED = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST"}}


def put(lab: Lab, queries: dict[str, str], **others: dict[str, Any]) -> dict[str, str]:
    """Make a stack of named queries, by name and text; it says the id of the query ``q``."""
    kind = {"Type": "AWS::Athena::NamedQuery"}
    common = {"Database": "lab", "WorkGroup": "lab", "Description": "of a test"}
    named = {
        name: kind | {"Properties": common | {"Name": name, "QueryString": text}} for name, text in queries.items()
    }
    template = {
        "Resources": named | others,
        "Outputs": {"Id": {"Value": {"Ref": "q"}}, "SameId": {"Value": {"Fn::GetAtt": ["q", "NamedQueryId"]}}},
    }
    lab.client("s3").put_object(Bucket="lab", Key="template.json", Body=json.dumps(template).encode())
    return stack.put(lab.client("cloudformation"), "queries", f"{lab.url}/lab/template.json")


def saved(lab: Lab) -> dict[str, str]:
    athena = lab.client("athena")
    found = athena.list_named_queries(WorkGroup="lab")["NamedQueryIds"]
    listed = athena.batch_get_named_query(NamedQueryIds=found)["NamedQueries"] if found else []
    assert {(query["Database"], query["WorkGroup"]) for query in listed} <= {("lab", "lab")}
    return {query["Name"]: query["QueryString"] for query in listed}


def test_they_come_change_and_go_with_their_stack(lab: Lab) -> None:
    made = put(lab, {"q": "SELECT 1", "r": "SELECT 2"})
    assert made["Id"] == made["SameId"]
    assert lab.client("athena").get_named_query(NamedQueryId=made["Id"])["NamedQuery"]["QueryString"] == "SELECT 1"
    assert saved(lab) == {"q": "SELECT 1", "r": "SELECT 2"}

    changed = put(lab, {"q": "SELECT 3"})
    assert changed["Id"] != made["Id"]
    assert saved(lab) == {"q": "SELECT 3"}

    with pytest.raises(EmulatorError, match="nobody"):
        put(lab, {"q": "SELECT 4"}, Retries=REFUSED)
    assert saved(lab) == {"q": "SELECT 3"}

    cloudformation = lab.client("cloudformation")
    cloudformation.delete_stack(StackName="queries")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="queries", WaiterConfig={"Delay": 1})
    assert saved(lab) == {}
