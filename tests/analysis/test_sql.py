from __future__ import annotations

import msgspec
import numpy as np
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from workbench.analysis.sql import Query, aggregate_query, coverage_query, failures_query
from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec
from workbench.errors import QueryError

RUN = "queue-0123456789ab"
TWO = ExperimentSpec(
    name="two",
    version="1",
    fingerprint="f",
    uses_rng=False,
    doc="",
    parameters=(ParameterSpec(name="name", type="str"), ParameterSpec(name="level", type="float")),
    metrics=(MetricSpec(name="score", type="float"),),
)


def every_query(spec: ExperimentSpec) -> list[Query]:
    return [
        aggregate_query(spec, RUN, by=["servers", "replicate"], metrics=["wait", "stable"], where={"rate": [0.5, 2.5]}),
        aggregate_query(spec, RUN, by=[], metrics=["served"]),
        aggregate_query(spec, RUN, by=["rate", "policy"], stats=["ci", "median", "p97.5", "max"], where={"servers": 1}),
        aggregate_query(spec, RUN, by=[], metrics=["wait", "drift"], stats=["p5"]),
        coverage_query(spec, RUN),
        failures_query(spec, RUN),
    ]


def test_every_scan_names_the_run_as_athena_demands_of_an_injected_column(spec: ExperimentSpec) -> None:
    for query in every_query(spec):
        tree = sqlglot.parse_one(query.sql, read="trino")
        scans = list(tree.find_all(exp.Table))
        assert {table.name for table in scans} == {"outcomes_queue"}
        for table in scans:
            conditions = table.parent_select.args["where"].this.flatten()
            assert "run_id = ?" in {condition.sql("trino").replace('"', "") for condition in conditions}
        assert query.parameters.count(RUN) == len(scans)


def test_several_runs_are_scanned_one_by_one(spec: ExperimentSpec) -> None:
    query = aggregate_query(spec, ["r-1", "r-2"], by=["servers"], where={"servers": 2})
    assert query.parameters == ("r-1", "r-1", "r-1", "r-2", "r-2", "r-2", 2)
    one = aggregate_query(spec, "r-1", by=["servers"], where={"servers": 2})
    assert query.sql.count('"run_id" = ?') == 2 * one.sql.count('"run_id" = ?') == 6
    assert aggregate_query(spec, ["r-1"], by=["servers"], where={"servers": 2}) == one


def test_each_question_mark_has_its_value_and_no_value_stands_in_the_text(spec: ExperimentSpec) -> None:
    for query in every_query(spec):
        tree = sqlglot.parse_one(query.sql, read="trino")
        assert len(list(tree.find_all(exp.Placeholder))) == len(query.parameters)
        ours = {"success", "failure", "Infinity", "0.5", "1"}
        assert {literal.this for literal in tree.find_all(exp.Literal)} <= ours


def test_the_fractions_of_quantiles_come_first_for_they_stand_first(spec: ExperimentSpec) -> None:
    query = aggregate_query(spec, RUN, by=[], metrics=["wait", "drift"], stats=["p5", "median"], where={"rate": 0.1})
    assert query.parameters == (0.05, 0.5, 0.05, 0.5, RUN, RUN, RUN, 0.1)


def test_an_engine_sorts_only_for_quantiles(spec: ExperimentSpec) -> None:
    plain, sorting = (aggregate_query(spec, RUN, by=["rate"], stats=stats) for stats in (None, ["median"]))
    assert "OVER" not in plain.sql
    assert sorting.sql.count("OVER (PARTITION BY") == 2 * 4  # a rank and a count for each of four metrics


def test_without_a_wish_every_metric_but_text_is_meant(spec: ExperimentSpec) -> None:
    every = aggregate_query(spec, RUN, by=["rate"])
    assert every == aggregate_query(spec, RUN, by=["rate"], metrics=["wait", "served", "stable", "drift"])
    texts = msgspec.structs.replace(spec, metrics=spec.metrics[-1:])
    with pytest.raises(QueryError, match="metrics: every metric of queue is text"):
        aggregate_query(texts, RUN, by=["rate"])


def test_identifiers_are_quoted(spec: ExperimentSpec) -> None:
    for query in every_query(spec):
        assert all(name.args["quoted"] for name in sqlglot.parse_one(query.sql, read="trino").find_all(exp.Identifier))


@given(text=st.text(max_size=20), level=st.floats(allow_nan=False, allow_infinity=False))
def test_no_value_can_change_the_statement(text: str, level: float) -> None:
    asked = aggregate_query(TWO, RUN, by=[], metrics=["score"], where={"name": text, "level": [level, 1]})
    plain = aggregate_query(TWO, RUN, by=[], metrics=["score"], where={"name": "a", "level": [0.0, 0.0]})
    assert asked.sql == plain.sql
    assert asked.parameters == (RUN, RUN, RUN, text, level, 1.0)


def test_values_take_the_type_of_their_parameter(spec: ExperimentSpec) -> None:
    where = {"rate": 2, "servers": np.array([1, 2]), "preempt": np.True_}
    values = aggregate_query(spec, RUN, by=[], metrics=["wait"], where=where).parameters[3:]
    assert values == (2.0, 1, 2, True)
    assert [type(value) for value in values] == [float, int, int, bool]


@pytest.mark.parametrize(
    ("by", "metrics", "where", "message"),
    [
        (
            ["server"],
            ["wait"],
            {},
            "by: no 'server'; did you mean 'servers'.*'rate', 'servers', 'policy', 'preempt', 'repl",
        ),
        (["wait"], ["wait"], {}, "by: no 'wait'"),
        (["rate", "rate"], ["wait"], {}, "by: 'rate' is named more than once"),
        ("rate", ["wait"], {}, "by: give a list of names"),
        ([], ["waits"], {}, "metrics: no 'waits'; did you mean 'wait'.*'wait', 'served', 'stable', 'drift'"),
        ([], ["rate"], {}, "metrics: no 'rate'"),
        ([], ["note"], {}, "metrics: 'note' is text"),
        ([], [], {}, "metrics: name at least one"),
        ([], ["wait", "wait"], {}, "metrics: 'wait' is named more than once"),
        ([], ["wait"], {"polcy": "x"}, "where: no 'polcy'; did you mean 'policy'"),
        ([], ["wait"], {"servers": 1.5}, "where.servers: 1.5 is float; servers is int"),
        ([], ["wait"], {"servers": True}, "where.servers"),
        ([], ["wait"], {"rate": None}, "where.rate: None is NoneType"),
        ([], ["wait"], {"servers": []}, "where.servers: give at least one value"),
        ([], ["wait"], {"policy": ["' OR 1=1 --"]}, "where.policy: .* is not one of"),
        ([], ["wait"], {'rate" = 1 OR "rate': 1.0}, "where: no"),
    ],
)
def test_a_wrong_question_is_refused_with_what_would_be_right(
    spec: ExperimentSpec, by: list[str], metrics: list[str], where: dict[str, object], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        aggregate_query(spec, RUN, by=by, metrics=metrics, where=where)
