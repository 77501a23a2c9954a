"""The baseline queries in the template: all of them, where a researcher looks for them, and gone with the stack."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from workbench.analysis.baseline import baseline_queries
from workbench.contract import table_name

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Synthesized

KIND = "AWS::Athena::NamedQuery"
# CloudFormation's own limits: of a template in bytes, and of its resources.
MOST_BYTES, MOST_RESOURCES = 1_000_000, 500
MANY = 40


def test_every_experiment_has_its_queries_in_the_order_of_the_catalog(synthesized: Synthesized) -> None:
    found = [
        (properties["Name"], properties["Description"], properties["QueryString"])
        for properties in synthesized.resources(KIND).values()
    ]
    assert found == [
        (f"{spec.name}: {query.name}", query.description, query.sql)
        for spec in synthesized.catalog.experiments
        for query in baseline_queries(spec)
    ]
    assert found


def test_the_queries_are_of_the_stacks_workgroup_and_database(synthesized: Synthesized) -> None:
    database = synthesized.only("AWS::Glue::Database")["DatabaseInput"]["Name"]
    workgroup = synthesized.only("AWS::Athena::WorkGroup")["Name"]
    for properties in synthesized.resources(KIND).values():
        assert (properties["Database"], properties["WorkGroup"]) == (database, workgroup)


def test_the_queries_are_made_after_their_workgroup_and_removed_before_it(synthesized: Synthesized) -> None:
    (workgroup,) = synthesized.resources("AWS::Athena::WorkGroup")
    queries = [item for item in synthesized.template["Resources"].values() if item["Type"] == KIND]
    assert {item["DependsOn"][0] for item in queries} == {workgroup}
    assert {item.get("DeletionPolicy", "Delete") for item in queries} == {"Delete"}


def test_the_template_has_room_for_many_experiments(synthesized: Synthesized) -> None:
    resources = synthesized.template["Resources"]
    of_experiments = [item for item in resources.values() if item["Type"] == KIND or is_outcome_table(item)]
    n_experiments = len(synthesized.catalog.experiments)
    assert len(of_experiments) == n_experiments * 6
    others = len(resources) - len(of_experiments)
    assert others + MANY * 6 <= MOST_RESOURCES

    size_of_experiments = len(json.dumps(of_experiments, separators=(",", ":")))
    size_of_others = len(json.dumps(synthesized.template, separators=(",", ":"))) - size_of_experiments
    assert size_of_others + MANY * size_of_experiments / n_experiments <= MOST_BYTES


def test_the_program_of_the_template_sees_the_contract_and_the_text_of_queries_only(checkout: Path) -> None:
    seen = {
        module
        for path in (checkout / "cdk").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for module in imported(node)
        if module.partition(".")[0] in {"workbench", "lambdas"}
    }
    allowed = {"workbench", "workbench.analysis.baseline"}
    assert {module for module in seen - allowed if not module.startswith("workbench.contract")} == set()
    assert allowed <= seen


def imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            return [node.module or ""]
    return []


def is_outcome_table(resource: dict[str, Any]) -> bool:
    table = resource.get("Properties", {}).get("TableInput", {})
    return str(table.get("Name", "")).startswith(table_name(""))
