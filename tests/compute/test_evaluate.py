"""A row that fails costs itself only, and says why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import faulty_models
import shapeless_models
import workbench as wb
from small_runs import plan
from workbench.compute.evaluate import evaluate
from workbench.compute.results import describe
from workbench.compute.rows import ShardRows, shard_rows

if TYPE_CHECKING:
    from workbench.compute.results import Results
    from workbench.experiments import Experiment


def rows_for(experiment: Experiment[..., Any], **axes: Any) -> ShardRows:
    manifest = plan(wb.Sweep(experiment, wb.product(**axes)))
    return shard_rows(manifest, 0, manifest.n_rows)


def evaluated(experiment: Experiment[..., Any], **axes: Any) -> Results:
    return evaluate(experiment, rows_for(experiment, **axes), None)


def test_every_type_of_metric() -> None:
    results = evaluated(faulty_models.mixed, x=[-1, 4], flag=[True, False])
    assert results.failed == 0
    assert results.metrics["text"].tolist() == ["ä-1", "ä-1", "ä4", "ä4"]
    assert results.metrics["whole"].tolist() == [-1, -1, 4, 4]
    assert results.metrics["positive"].tolist() == [False, False, True, True]
    assert results.present["root"].tolist() == [False, False, True, True]
    assert results.metrics["root"][2:].tolist() == [2.0, 2.0]
    assert results.present["note"].tolist() == [False, True, False, True]
    assert results.metrics["note"][[1, 3]].tolist() == ["no flag", "no flag"]
    assert all(duration > 0 for duration in results.duration_ms)


@pytest.mark.parametrize(
    ("x", "code", "said"),
    [
        (1, "SCHEMA", "metric 'whole' is float (1.5); declared is int"),
        (2, "SCHEMA", "metric 'whole' is str ('two'); declared is int"),
        (3, "SCHEMA", "metric 'whole' is NoneType (None); declared is int"),
        (4, "SCHEMA", "metric 'whole' is bool (True); declared is int"),
        (5, "OverflowError", "OverflowError: "),
        (6, "SCHEMA", "returned tuple; declared is Count"),
    ],
)
def test_what_was_not_declared(x: int, code: str, said: str) -> None:
    results = evaluated(faulty_models.wrong_types, x=[0, x])
    assert results.error_code == [None, code]
    assert (results.error_message[1] or "").startswith(said)
    assert results.present["whole"].tolist() == [True, False]


def test_an_exit_is_a_failed_row() -> None:
    results = evaluated(faulty_models.exits, x=[0, 1, 2])
    assert results.error_code == [None, "SystemExit", None]
    assert str(results.error_message[1]).startswith("SystemExit: enough (faulty_models.py, line ")


def test_all_rows_at_once() -> None:
    results = evaluated(faulty_models.squares, x=[1.5, -2.0, 1e100], label=["é"])
    assert results.failed == 0
    assert results.metrics["square"].tolist() == [2.25, 4.0, 1e200]
    assert results.metrics["name"].tolist() == ["é"] * 3
    assert bool(results.present["square"].all())


def test_what_a_vectorized_experiment_does_in_place_stays_its_own() -> None:
    rows = rows_for(faulty_models.in_place, x=[1.0, 2.0])
    results = evaluate(faulty_models.in_place, rows, None)
    assert results.metrics["value"].tolist() == [2.0, 4.0]
    assert rows.parameters["x"].tolist() == [1.0, 2.0]


def test_arrays_of_another_type_fail_all_rows() -> None:
    results = evaluated(faulty_models.wrong_arrays, x=[1.0, 2.0], label=["a"])
    assert results.error_code == ["SCHEMA", "SCHEMA"]
    assert results.error_message[0] == "metric 'name': expected an array of 2 str values, came 3"
    assert not any(present.any() for present in results.present.values())


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("short", "SCHEMA", "came shape (2,)"),
        ("square", "SCHEMA", "came shape (3, 2)"),
        ("real", "SCHEMA", "came float64"),
        ("list", "SCHEMA", "came list ([1, 2])"),
        ("none", "SCHEMA", "came NoneType (None)"),
        ("missing", "SCHEMA", "it is missing from the SimpleNamespace that came"),
        ("huge", "OverflowError", "came 9223372036854775808; integers have 64 bits"),
    ],
)
def test_an_array_that_was_not_declared_is_named(how: str, code: str, said: str) -> None:
    results = evaluated(shapeless_models.shapeless, x=[1.0, 2.0, 3.0], how=[how])
    assert results.error_code == [code] * 3
    prefix = "OverflowError: " if code == "OverflowError" else ""
    expected = f"{prefix}metric 'second': expected an array of 3 int values, {said}"
    assert results.error_message == [expected] * 3
    assert not any(present.any() for present in results.present.values())


def test_scalars_of_numpy_count_as_what_they_hold() -> None:
    results = evaluated(shapeless_models.numpy_scalars, x=[0, 1, 2])
    assert results.failed == 0
    assert results.metrics["real"].tolist() == [0.0, 1.0, 2.0]
    assert results.metrics["whole"].tolist() == [0, 1, 2]
    assert results.metrics["sure"].tolist() == [False, True, True]
    assert results.present["maybe"].tolist() == [False, True, True]


def test_no_name_of_a_parameter_or_metric_is_taken() -> None:
    results = evaluated(
        shapeless_models.takes_every_name, index=[1, 2], function=["f"], rows=[True, False], columns=[0.5]
    )
    assert results.failed == 0
    assert list(zip(*(results.metrics[name].tolist() for name in results.metrics), strict=True)) == [
        (index, "f", rows, 0.5) for index in (1, 2) for rows in (True, False)
    ]


def test_an_experiment_without_parameters() -> None:
    index = np.arange(3)
    keys = np.arange(6, dtype=np.uint64).reshape(3, 2)
    results = evaluate(shapeless_models.coin, ShardRows(index, index, index, {}), keys)
    expected = [int(np.random.Generator(np.random.Philox(key=key)).integers(2)) for key in keys]
    assert results.metrics["value"].tolist() == expected


def test_durations_add_up_to_the_time_that_passed() -> None:
    for experiment in (faulty_models.mixed, faulty_models.squares):
        results = evaluated(experiment, x=[1, 2, 3])
        assert bool((results.duration_ms > 0).all())
        passed = (results.clock[-1] - results.clock[0]) * 1e3
        assert results.duration_ms.sum() == pytest.approx(passed)


def test_each_row_has_its_own_generator() -> None:
    rows = rows_for(faulty_models.sometimes_raises, x=[1, 2, 3, 4])
    keys = np.arange(8, dtype=np.uint64).reshape(4, 2)
    results = evaluate(faulty_models.sometimes_raises, rows, keys)
    expected = [x + np.random.Generator(np.random.Philox(key=keys[x - 1])).random() for x in (1, 2, 4)]
    assert results.metrics["value"][[0, 1, 3]].tolist() == expected
    assert results.error_code == [None, None, "ValueError", None]
    assert str(results.error_message[2]).startswith("ValueError: 3 is a multiple of 3 (faulty_models.py, line ")


def test_a_message_names_the_line_of_the_researcher() -> None:
    message = str(evaluated(faulty_models.exits, x=[1]).error_message[0])
    found = re.fullmatch(r"SystemExit: enough \(faulty_models\.py, line (\d+)\)", message)
    assert found, message
    assert "enough" in Path(faulty_models.__file__).read_text("utf-8").splitlines()[int(found[1]) - 1]


@pytest.mark.parametrize(
    ("module", "line"),
    [(__name__, " (test_evaluate.py, line "), ("somebody.else", ""), ("workbench.experiments.queueing", "")],
)
def test_only_the_researchers_own_package_is_named(module: str, line: str) -> None:
    with pytest.raises(ValueError, match="no") as caught:
        raise ValueError("no")
    code, message = describe(caught.value, module)
    assert code == "ValueError"
    assert message.rstrip("0123456789)") == f"ValueError: no{line}"
