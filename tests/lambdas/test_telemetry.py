"""Lines of the log: metrics as CloudWatch documents them, and every line with the run and shard that it is about."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from lambdas.telemetry import Metric, emit

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = {"Count", "Count/Second", "Milliseconds"}


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_in_the_embedded_metric_format(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "SweepWorkbench/mine")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "child")
    emit({Metric.ROWS: 7, Metric.ROWS_PER_SECOND: 3.5}, run_id="r", shard_id=2)
    (line,) = emitted(capsys)
    directives = line.pop("_aws")
    assert line == {"service": "child", "run_id": "r", "shard_id": 2, "Rows": 7, "RowsPerSecond": 3.5}
    assert directives.pop("Timestamp") > 1_600_000_000_000
    assert directives == {
        "CloudWatchMetrics": [
            {
                "Namespace": "SweepWorkbench/mine",
                "Dimensions": [["service"]],
                "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "RowsPerSecond", "Unit": "Count/Second"}],
            }
        ]
    }


@given(values=st.dictionaries(st.sampled_from(Metric), st.floats(0, 1e12)), code=st.none() | st.text(min_size=1))
def test_all_that_a_directive_names_is_in_the_line(values: dict[Metric, float], code: str | None) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as log:
        emit(values, code=code)
    # Not by splitlines: the codes may hold characters that end a line for it, but not in a log.
    text, end = log.getvalue().split("\n")
    assert end == ""
    line = json.loads(text)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    ((dimension,),) = directive["Dimensions"]
    assert isinstance(line[dimension], str)
    assert (dimension == "code") is (code is not None)
    assert {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} == {
        str(metric): value for metric, value in values.items()
    }
    assert {metric["Unit"] for metric in directive["Metrics"]} <= UNITS


# In a process of its own: the decorator takes over the library's loggers, as it is to in a function.
OBSERVED = """
import logging, types
from lambdas.telemetry import logger, observed

@observed
def handler(event, context):
    logger.append_keys(**event)
    logging.getLogger("workbench.compute.ending").warning("evaluated again")
    if "shard_id" in event:
        raise ValueError("lost")

context = types.SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="a", aws_request_id="1", log_stream_name="s"
)
try:
    handler({"run_id": "first", "shard_id": 4}, context)
except ValueError:
    pass
handler({"run_id": "second"}, context)
"""


def test_every_line_of_an_event_says_what_it_is_about() -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    done = subprocess.run(
        [sys.executable, "-c", OBSERVED],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "POWERTOOLS_SERVICE_NAME": "child", "_X_AMZN_TRACE_ID": trace},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    library, failure, later = map(json.loads, done.stdout.splitlines())
    assert (library["message"], library["level"]) == ("evaluated again", "WARNING")
    assert (failure["message"], failure["exception_name"]) == ("failed", "ValueError")
    for line in (library, failure):
        assert (line["service"], line["run_id"], line["shard_id"]) == ("child", "first", 4)
    assert later["run_id"] == "second"
    assert "shard_id" not in later
    for line in (library, failure, later):
        assert line["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
