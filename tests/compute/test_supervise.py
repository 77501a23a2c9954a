"""What ends a worker costs one row, and the others are what they would have been."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dying_models
import faulty_models
import shapeless_models
import workbench as wb
from small_runs import plan
from workbench.compute.evaluate import evaluate
from workbench.compute.rows import shard_rows
from workbench.compute.seeding import row_keys
from workbench.compute.supervise import Limits, supervise

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from workbench.compute.results import Results
    from workbench.compute.rows import ShardRows
    from workbench.experiments import Experiment


def prepared(
    experiment: Experiment[..., Any], fixed: dict[str, Any] | None = None, **axes: Any
) -> tuple[Experiment[..., Any], ShardRows, NDArray[np.uint64] | None]:
    manifest = plan(wb.Sweep(experiment, wb.product(**axes), fixed=fixed))
    rows = shard_rows(manifest, 0, manifest.n_rows)
    spec = manifest.spec
    keys = row_keys(spec, rows.parameters, rows.replicate, seed=0, seeding="independent") if spec.uses_rng else None
    return experiment, rows, keys


def same(one: Results, other: Results) -> None:
    assert (one.error_code, one.error_message) == (other.error_code, other.error_message)
    for name, column in one.metrics.items():
        assert one.present[name].tolist() == other.present[name].tolist()
        assert column[one.present[name]].tolist() == other.metrics[name][other.present[name]].tolist()


@pytest.mark.parametrize(
    ("experiment", "axes"),
    [
        (faulty_models.noise, {"a": [0.5, -0.0, 3.0], "c": ["x", "ö"]}),
        (faulty_models.mixed, {"x": range(-2, 3000), "flag": [True, False]}),
        (faulty_models.sometimes_raises, {"x": range(20)}),
        (faulty_models.wrong_types, {"x": range(7)}),
        (faulty_models.squares, {"x": [1.0, 2.0], "label": ["a", "b"]}),
        (faulty_models.wrong_arrays, {"x": [1.0, 2.0], "label": ["a"]}),
    ],
)
def test_a_worker_gives_what_this_process_gives(experiment: Experiment[..., Any], axes: dict[str, Any]) -> None:
    arguments = prepared(experiment, **axes)
    same(supervise(*arguments, Limits()), evaluate(*arguments))


def test_no_rows_are_no_work() -> None:
    experiment, rows, keys = prepared(faulty_models.mixed, x=[1])
    assert supervise(experiment, rows.where(rows.row_index < 0), keys, Limits()).error_code == []


@pytest.mark.parametrize("sizes", [[7], [0, 7, 70_000, 1], range(4000), [40_000, 40_000, 40_000]])
@pytest.mark.parametrize("then", ["go on", "raise"])
def test_texts_of_any_size_arrive(sizes: list[int], then: str) -> None:
    arguments = prepared(shapeless_models.long_texts, size=sizes, fixed={"then": then})
    found, expected = supervise(*arguments, Limits()), evaluate(*arguments)
    assert [code or "" for code in found.error_code] == [code or "" for code in expected.error_code]
    for index, size in enumerate(arguments[1].parameters["size"].tolist()):
        if found.error_code[index]:
            assert size == 7
            assert str(found.error_message[index]).startswith("OSError: caf? (shapeless_models.py, line ")
            continue
        assert found.metrics["text"][index] == "é" * size + "?"
        assert bool(found.present["note"][index]) == (size % 2 == 0)
        assert size % 2 or found.metrics["note"][index] == "n" * size


def test_texts_that_a_worker_kept_outlive_it() -> None:
    arguments = prepared(shapeless_models.long_texts, size=[3, 70_000, 4, 7, 5], fixed={"then": "die"})
    results = supervise(*arguments, Limits())
    assert results.error_code == [None, None, None, "CRASH", None]
    assert [len(text) for text in results.metrics["text"][[0, 1, 2, 4]]] == [4, 70_001, 5, 6]
    assert results.duration_ms[3] == 0
    assert bool((results.duration_ms[[0, 1, 2, 4]] > 0).all())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["good", "raises", "exits", "leaves", "killed", "aborts"]), min_size=1, max_size=12))
def test_every_row_is_decided_by_what_it_does(deeds: list[str]) -> None:
    results = supervise(
        *prepared(dying_models.does, step=range(len(deeds)), fixed={"deeds": ",".join(deeds)}), Limits()
    )
    codes = {
        "good": None,
        "raises": "ValueError",
        "exits": "CRASH",
        "leaves": "CRASH",
        "killed": "CRASH",
        "aborts": "CRASH",
    }
    words = {
        "exits": "exit status 3",
        "leaves": "exit status 0",
        "killed": "SIGKILL",
        "aborts": "SIGABRT",
        "raises": "ValueError: no",
    }
    assert results.error_code == [codes[deed] for deed in deeds]
    for step, deed in enumerate(deeds):
        assert bool(results.present["done"][step]) == (deed == "good")
        if deed == "good":
            assert (results.metrics["done"][step], results.metrics["deed"][step]) == (step, deed)
        else:
            assert words[deed] in (results.error_message[step] or "")


def test_a_worker_that_fails_behind_its_last_row_costs_none() -> None:
    results = supervise(*prepared(dying_models.does, step=range(3), fixed={"deeds": "good,exits,closes"}), Limits())
    assert results.error_code == [None, "CRASH", None]
    assert len(results.error_message) == 3


def test_a_row_over_its_time_limit_is_ended() -> None:
    deeds = "good,hangs,good"
    arguments = prepared(dying_models.does, step=range(3), fixed={"deeds": deeds})
    results = supervise(*arguments, Limits(row_timeout_s=3.0))
    assert results.error_code == [None, "TIMEOUT", None]
    assert results.error_message[1] == "the row took longer than 3 s"


def test_the_deadline_leaves_rows_for_the_next_pass() -> None:
    arguments = prepared(dying_models.does, step=range(4), fixed={"deeds": "good,good,hangs,good"})
    results = supervise(*arguments, Limits(deadline=time.monotonic() + 4))
    assert results.error_code == [None, None, "DEADLINE", "DEADLINE"]


def test_a_row_that_had_a_whole_pass_is_decided() -> None:
    arguments = prepared(dying_models.does, step=range(3), fixed={"deeds": "hangs,good,good"})
    results = supervise(*arguments, Limits(deadline=time.monotonic()))
    assert results.error_code == ["TIMEOUT", "DEADLINE", "DEADLINE"]
    assert "a whole pass for itself" in (results.error_message[0] or "")


def test_a_cancelled_run_stops_between_rows(tmp_path: Path) -> None:
    arguments = prepared(dying_models.does, step=range(3), fixed={"deeds": "good,hangs,good"})
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 1

    results = supervise(*arguments, Limits(cancelled=cancelled))
    assert results.error_code == [None, "CANCELLED", "CANCELLED"]
    assert supervise(*arguments, Limits(cancelled=lambda: True)).error_code == ["CANCELLED"] * 3


def test_halves_find_the_row_that_ends_a_vectorized_experiment() -> None:
    results = supervise(*prepared(dying_models.poisoned, x=[float(x) for x in range(9)]), Limits())
    assert results.error_code == [None] * 6 + ["CRASH"] + [None] * 2
    assert results.metrics["value"][[0, 5, 8]].tolist() == [0.0, 10.0, 16.0]


def test_memory_beyond_the_limit_costs_the_row() -> None:
    arguments = prepared(dying_models.hoards, megabytes=[1, 600, 2])
    results = supervise(*arguments, Limits(memory_bytes=2**29))
    assert results.error_code == [None, "OOM", None]
    assert "MemoryError" in (results.error_message[1] or "")


def test_a_message_that_cannot_be_had_costs_the_row_only() -> None:
    results = supervise(*prepared(dying_models.speechless, x=[0, 1]), Limits())
    assert results.error_code == ["Speechless", "Speechless"]
    assert str(results.error_message[0]).startswith("Speechless: (its text cannot be had: RuntimeError) (dying_models")


def test_what_rows_print_is_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")  # noqa: T201 -- what stands in a buffer when the worker is forked
    supervise(*prepared(dying_models.prints, x=[1, 2]), Limits())
    assert capfd.readouterr().out == "before\nrow 1\nrow 2\n"
