"""What is watched: alarms that reach somebody, a dashboard and queries over what the functions really write."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import CODES
from lambdas.child.measure import OF_THE_EXPERIMENT
from lambdas.telemetry import Metric
from saved_queries import QUERIES
from workbench.compute.shard import ShardReport
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Synthesized

NAMESPACE = "SweepWorkbench/sweep-workbench"
# Statistic, periods and threshold of each alarm, by name and metric.
ALARMS = {
    ("shards-lost", "Invocations"): ("Sum", 1, 1),
    ("shards-unrecorded", "ApproximateNumberOfMessagesVisible"): ("Maximum", 1, 1),
    ("child-errors", "Errors"): ("Sum", 1, 10),
    ("parent-errors", "Errors"): ("Sum", 1, 1),
    ("child-throttles", "Throttles"): ("Sum", 6, 1),
    ("child-event-age", "AsyncEventAge"): ("Maximum", 1, 3_600_000),
    ("parent-event-age", "AsyncEventAge"): ("Maximum", 1, 3_600_000),
    ("api-faults", "5XXError"): ("Sum", 1, 1),
}
WATCHED = {
    "shards-lost": "Recorder",
    "shards-unrecorded": "RecorderUnrecorded",
    "child-errors": "Child",
    "parent-errors": "Parent",
    "child-throttles": "Child",
    "child-event-age": "Child",
    "parent-event-age": "Parent",
}


def alarms(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    found = synthesized.resources("AWS::CloudWatch::Alarm").values()
    return {alarm["AlarmName"].removeprefix("sweep-workbench-"): alarm for alarm in found}


def test_alarms_ring_as_the_docs_say(synthesized: Synthesized, checkout: Path) -> None:
    found = alarms(synthesized)
    assert {
        (name, alarm["MetricName"]): (alarm["Statistic"], alarm["EvaluationPeriods"], alarm["Threshold"])
        for name, alarm in found.items()
    } == ALARMS
    for alarm in found.values():
        assert (alarm["ComparisonOperator"], alarm["Period"]) == ("GreaterThanOrEqualToThreshold", 300)
        # A deployment that nobody uses is no trouble.
        assert alarm["TreatMissingData"] == "notBreaching"
    told = re.findall(r"`<stack_name>-([a-z-]+)`", (checkout / "docs" / "configuration.md").read_text())
    assert sorted(told) == sorted(found)


@pytest.mark.parametrize("name", WATCHED)
def test_an_alarm_watches_its_own_resource(synthesized: Synthesized, name: str) -> None:
    (dimension,) = alarms(synthesized)[name]["Dimensions"]
    assert WATCHED[name] in json.dumps(dimension["Value"])


def test_alarms_are_published_when_they_ring_and_when_they_stop(synthesized: Synthesized) -> None:
    (topic,) = synthesized.resources("AWS::SNS::Topic")
    for alarm in alarms(synthesized).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]


def test_only_these_alarms_may_publish_and_only_over_tls(synthesized: Synthesized) -> None:
    deny, allow = synthesized.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (allow["Action"], allow["Principal"]) == ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    named = {arn["Fn::GetAtt"][0] for arn in allow["Condition"]["ArnEquals"]["aws:SourceArn"]}
    assert named == synthesized.resources("AWS::CloudWatch::Alarm").keys()


def test_the_dashboard_shows_every_metric_of_the_functions(synthesized: Synthesized) -> None:
    board = synthesized.only("AWS::CloudWatch::Dashboard")
    assert board["DashboardName"] == "sweep-workbench"
    body = json.loads("".join(part if isinstance(part, str) else "x" for part in board["DashboardBody"]["Fn::Join"][1]))
    shown = [metric for widget in body["widgets"] for metric in widget["properties"].get("metrics", [])]
    ours = [(metric[1], metric[2], metric[3]) for metric in shown if metric[0] == NAMESPACE]
    assert {name for name, *_ in ours} == {str(metric) for metric in Metric}
    by_code = {(name, value) for name, dimension, value in ours if dimension == "code"}
    assert by_code == {(name, code) for name in ("FailedRows", "LostShards") for code in CODES}
    assert set(CODES) == {*map(str, ErrorCode), OF_THE_EXPERIMENT}


def test_functions_write_metrics_where_the_dashboard_looks(synthesized: Synthesized) -> None:
    for function in synthesized.resources("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
        assert function["LoggingConfig"]["LogFormat"] == "JSON"


def test_queries_are_saved_under_the_stack_for_the_functions_logs(synthesized: Synthesized) -> None:
    saved = synthesized.resources("AWS::Logs::QueryDefinition").values()
    assert {query["Name"]: query["QueryString"] for query in saved} == {
        f"sweep-workbench/{name}": text for name, text in QUERIES.items()
    }
    groups = {name for name in synthesized.resources("AWS::Logs::LogGroup") if not name.startswith("Runs")}
    assert len(groups) == 3
    for query in saved:
        assert {group["Ref"] for group in query["LogGroupNames"]} == groups


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_keeps_to_the_language(name: str) -> None:
    commands = [line.removeprefix("| ").split()[0] for line in QUERIES[name].splitlines()]
    assert set(commands) <= {"fields", "filter", "stats", "sort", "limit"}
    assert all(line.startswith("| ") for line in QUERIES[name].splitlines()[1:])


# What Insights, Lambda and the logger write by themselves.
ALWAYS_LOGGED = {
    *("@timestamp", "type", "level", "message", "service", "exception_name", "xray_trace_id"),
    *(f"record.metrics.{name}" for name in ("maxMemoryUsedMB", "memorySizeMB", "durationMs")),
}
# Names of the language, and what a query itself calls its results.
WORDS = {
    *("fields", "filter", "stats", "sort", "limit", "by", "as", "asc", "desc", "in", "and", "ispresent", "bin", "m")
}
RESULTS = re.compile(r" as (\w+)")


def logged(checkout: Path) -> set[str]:
    """Names of all that the functions add to their lines."""
    calls = [
        node
        for file in (checkout / "lambdas").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
    ]
    telling = {"append_keys", "info", "warning", "exception", "emit", "partial"}
    given = {word.arg for call in calls if name_of(call.func) in telling for word in call.keywords if word.arg}
    return given | set(ShardReport.__dataclass_fields__) | {str(metric) for metric in Metric}


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_what_is_logged(name: str, checkout: Path) -> None:
    text = re.sub(r'"[^"]*"', "", QUERIES[name])
    asked = set(re.findall(r"@?[A-Za-z_][\w.]*", text)) - WORDS - {"count", "sum", "max"} - set(RESULTS.findall(text))
    assert asked
    assert asked <= ALWAYS_LOGGED | logged(checkout)
