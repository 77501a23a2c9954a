from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot
from msgspec.structs import replace
from sqlglot import exp

from workbench.analysis.baseline import BaselineQuery, baseline_queries
from workbench.analysis.engine import frame_of
from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec, table_name

if TYPE_CHECKING:
    from conftest import Outcomes

NAMES = ["coverage", "failures by code", "run profile", "metric by parameter", "compare two runs"]
OTHER = "queue-aaaaaaaaaaaa"
NUMERIC = ["wait", "served", "stable", "drift"]
BANNED = ("boto3", "botocore", "duckdb", "numpy", "pandas", "pyarrow", "pyathena", "scipy")


def query_of(spec: ExperimentSpec, name: str) -> BaselineQuery:
    (query,) = (query for query in baseline_queries(spec) if query.name == name)
    return query


def ask(outcomes: Outcomes, name: str, **values: str | float) -> pd.DataFrame:
    """Run a query as written over every run that is there."""
    query = query_of(outcomes.spec, name)
    parameters = [values[placeholder] for placeholder in query.placeholders]
    with duckdb.connect(":memory:") as connection:
        files = outcomes.root / "outcomes" / f"experiment={outcomes.spec.name}" / "*" / "*" / "*.parquet"
        connection.read_parquet(str(files), hive_partitioning=True).create_view(table_name(outcomes.spec.name))
        return frame_of(connection.sql(query.sql, params=parameters).to_arrow_table())


def by_point(rows: pd.DataFrame, spec: ExperimentSpec) -> pd.DataFrame:
    """Count, mean and deviation of each numeric metric at each point."""
    keys = [parameter.name for parameter in spec.parameters]
    numbers = rows[keys].assign(**{metric: rows[metric].astype("Float64").astype(float) for metric in NUMERIC})
    frame = numbers.groupby(keys).agg(["count", "mean", "std"])
    frame.columns = pd.Index([".".join(names) for names in frame.columns.to_list()])
    return frame


def test_every_experiment_is_asked_the_same_questions_in_the_same_order(spec: ExperimentSpec) -> None:
    assert [query.name for query in baseline_queries(spec)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_scan_names_its_run_as_athena_demands(spec: ExperimentSpec, name: str) -> None:
    scans = list(sqlglot.parse_one(query_of(spec, name).sql, read="trino").find_all(exp.Table))
    assert {table.name for table in scans} == {"outcomes_queue"}
    for table in scans:
        assert table.parent_select is not None
        conditions = table.parent_select.args["where"].this.flatten()
        assert "run_id = ?" in {condition.sql("trino").replace('"', "") for condition in conditions}


@pytest.mark.parametrize("name", NAMES)
def test_the_text_holds_placeholders_and_quoted_names_only(spec: ExperimentSpec, name: str) -> None:
    query = query_of(spec, name)
    tree = sqlglot.parse_one(query.sql, read="trino")
    assert len(list(tree.find_all(exp.Placeholder))) == len(query.placeholders)
    assert all(identifier.args["quoted"] for identifier in tree.find_all(exp.Identifier))
    texts = {literal.this for literal in tree.find_all(exp.Literal) if literal.is_string}
    assert texts <= {"success", "failure", "Infinity"}


def test_the_description_says_what_each_question_mark_means(spec: ExperimentSpec) -> None:
    told = {
        query.name: query.description.partition("in this order: ")[2].partition(". ")[0]
        for query in baseline_queries(spec)
    }
    assert told == {
        "coverage": "3 times the run's id",
        "failures by code": "3 times the run's id",
        "run profile": "3 times the run's id, then the memory of a child in MB, then the price of a GB-second",
        "metric by parameter": "3 times the run's id",
        "compare two runs": "3 times the id of the first run, then 3 times the id of the second run",
    }


def test_coverage_counts_each_row_once(outcomes: Outcomes) -> None:
    failed = int(outcomes.counting["error_code"].notna().sum())
    rows = len(outcomes.counting)
    answer = ask(outcomes, "coverage", run_id=outcomes.run_id)
    assert answer.to_dict("records") == [{"rows": rows, "good": rows - failed, "failed": failed, "shards": 4}]


def test_failures_are_those_of_shards_without_a_success(outcomes: Outcomes) -> None:
    answer = ask(outcomes, "failures by code", run_id=outcomes.run_id)
    counts = outcomes.counting["error_code"].value_counts()
    assert answer.set_index("error_code")["count"].to_dict() == counts.to_dict()
    assert "CRASH" not in counts.index  # the shard that crashed has succeeded since


def test_the_profile_adds_up_what_the_run_took(outcomes: Outcomes) -> None:
    late = outcomes.counting[outcomes.counting["shard_id"] == 0].assign(
        shard_id=5,
        worker="another",
        started_at=datetime(2026, 1, 2, 4, 0, 0),  # noqa: DTZ001 - the column is UTC by declaration
        duration_ms=np.arange(12) * 250.0,
    )
    outcomes.write(late, status="success")
    rows = pd.concat([outcomes.counting, late])
    seconds = rows["duration_ms"].sum() / 1000

    (answer,) = ask(outcomes, "run profile", run_id=outcomes.run_id, memory_mb=2048, price=0.25).to_dict("records")

    assert (answer["rows"], answer["shards"], answer["workers"]) == (len(rows), 5, 2)
    assert (answer["first_start"], answer["last_start"]) == (rows["started_at"].min(), rows["started_at"].max())
    assert answer["seconds_of_work"] == pytest.approx(seconds)
    assert answer["rows_per_second_of_work"] == pytest.approx(len(rows) / seconds)
    assert answer["gb_seconds"] == pytest.approx(2 * seconds)
    assert answer["cost_of_work"] == pytest.approx(2 * seconds * 0.25)


def test_no_work_has_no_rate(outcomes: Outcomes) -> None:
    outcomes.write(outcomes.counting.iloc[:12].assign(duration_ms=0.0), status="success", run_id=OTHER)
    (answer,) = ask(outcomes, "run profile", run_id=OTHER, memory_mb=1, price=1).to_dict("records")
    assert (answer["rows"], answer["cost_of_work"]) == (12, 0)
    assert pd.isna(answer["rows_per_second_of_work"])


def test_a_run_that_is_not_there_has_no_rows_and_no_cost(outcomes: Outcomes) -> None:
    (answer,) = ask(outcomes, "run profile", run_id="queue-nobody", memory_mb=1, price=1).to_dict("records")
    assert answer["rows"] == 0
    assert pd.isna([answer["rows_per_second_of_work"], answer["cost_of_work"]]).all()


def test_metrics_are_summarised_at_each_point(outcomes: Outcomes) -> None:
    answer = ask(outcomes, "metric by parameter", run_id=outcomes.run_id)
    expected = by_point(outcomes.counting, outcomes.spec)
    found = answer.set_index(expected.index.names)[list(expected.columns)].astype(float)
    assert answer["wait.mean"].max() < 1e3  # what a success has replaced is history
    pd.testing.assert_frame_equal(found, expected.astype(float), rtol=1e-12)


def test_two_runs_are_compared_point_by_point(outcomes: Outcomes) -> None:
    first = outcomes.counting
    shards = [shard for _, shard in first.groupby("shard_id")]
    changed = shards[0].assign(wait=shards[0]["wait"] + 1).iloc[1:]
    own = shards[1].iloc[:1].assign(rate=0.05)
    outcomes.write(changed, status="success", run_id=OTHER)
    outcomes.write(own, status="success", run_id=OTHER)
    outcomes.write(shards[2], status="failure", run_id=OTHER)
    second = pd.concat([changed, own, shards[2]])
    before, after = (by_point(rows, outcomes.spec) for rows in (first, second))

    answer = ask(outcomes, "compare two runs", first_run_id=outcomes.run_id, second_run_id=OTHER)

    found = answer.set_index(before.index.names)
    for metric in NUMERIC:
        means = pd.DataFrame({"first": before[f"{metric}.mean"], "second": after[f"{metric}.mean"]})
        means["difference"] = means["second"] - means["first"]
        means.columns = pd.Index([f"{metric}.{name}" for name in means.columns])
        pd.testing.assert_frame_equal(found[list(means.columns)], means, rtol=1e-12)
    assert found["wait.first"].isna().tolist() == [True, *[False] * 12]  # the other run's own point has the least rate
    assert (found["wait.difference"].dropna() != 0).any()


def test_points_come_in_the_order_of_their_parameters(outcomes: Outcomes) -> None:
    keys = [parameter.name for parameter in outcomes.spec.parameters]
    answer = ask(outcomes, "metric by parameter", run_id=outcomes.run_id)[keys]
    pd.testing.assert_frame_equal(answer, answer.sort_values(keys, ignore_index=True))


def test_an_experiment_of_texts_is_not_asked_for_means(spec: ExperimentSpec) -> None:
    texts = replace(spec, metrics=(MetricSpec(name="note", type="str"),))
    assert [query.name for query in baseline_queries(texts)] == NAMES[:3]


def test_an_experiment_without_parameters_is_one_point(outcomes: Outcomes) -> None:
    alone = dataclasses.replace(outcomes, spec=replace(outcomes.spec, parameters=()))
    outcomes.write(outcomes.counting[outcomes.counting["shard_id"] == 0], status="success", run_id=OTHER)
    (answer,) = ask(alone, "compare two runs", first_run_id=outcomes.run_id, second_run_id=OTHER).to_dict("records")
    assert answer["wait.first"] == pytest.approx(outcomes.counting["wait"].mean())
    assert answer["wait.difference"] == pytest.approx(answer["wait.second"] - answer["wait.first"])
    assert sqlglot.parse_one(query_of(alone.spec, "compare two runs").sql, read="trino").find(exp.Join)


def test_the_longest_names_fit_athenas_limits() -> None:
    long = [f"{'x' * 60}{number:03}" for number in range(60)]
    spec = ExperimentSpec(
        name="x" * 63,
        version="1",
        fingerprint="f",
        uses_rng=False,
        doc="",
        parameters=tuple(ParameterSpec(name=name, type="float") for name in long[:30]),
        metrics=tuple(MetricSpec(name=name, type="float") for name in long[30:]),
    )
    for query in baseline_queries(spec):
        assert len(f"{spec.name}: {query.name}") <= 128
        assert len(query.description) <= 1024
        assert len(query.sql) <= 262_144


def test_the_text_is_made_without_any_library_of_the_analysis() -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys({BANNED!r}))
from workbench.analysis.baseline import baseline_queries
from workbench.contract import ExperimentSpec, MetricSpec
spec = ExperimentSpec(name="e", version="1", fingerprint="f", uses_rng=False, doc="", parameters=(),
                      metrics=(MetricSpec(name="m", type="float"),))
assert len(baseline_queries(spec)) == {len(NAMES)}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
