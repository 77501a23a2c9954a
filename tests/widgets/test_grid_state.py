"""How a grid builder goes from one state to the next, without a widget and without a back end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import faulty_models
import workbench as wb
from workbench.errors import SweepError
from workbench.space import ShardPlan
from workbench.widgets.grid_entries import Entry
from workbench.widgets.grid_form import GridForm, blank_form
from workbench.widgets.grid_parts import copyable_code, plan_words, preview_table, several, size_words
from workbench.widgets.grid_plan import labelled, plan_shards
from workbench.widgets.grid_state import Asked, Estimated, GridState

if TYPE_CHECKING:
    from pathlib import Path


def form_of(listed: str) -> GridForm:
    return blank_form(faulty_models.noise.spec).with_entry("a", Entry(kind="list", texts=(listed, "", "")))


def state_of(listed: str, backend: str | None = "serial") -> GridState:
    return GridState.of(form_of(listed)).sent_to(backend)


def test_only_what_is_right_may_be_submitted_and_only_once() -> None:
    assert state_of("x").blocked == "a: value 1: 'x' is not a number: write one such as 0.5"
    assert state_of("1", None).blocked == (
        "there is no back end to submit to: give one, as in GridBuilder(wb.serial())"
    )
    assert state_of("1").planned(None, "too large").blocked == "too large"
    ready = state_of("1")
    assert ready.blocked is None
    begun = ready.begin_submit()
    assert begun.blocked == "it is being submitted"
    assert begun.begin_submit() is begun
    done = begun.submitted("noise-1")
    assert (done.blocked, done.run_id, done.submitting) == (None, "noise-1", False)
    failed = done.begin_submit().refused("no stack")
    assert (failed.blocked, failed.run_id, failed.trouble) == (None, "noise-1", "no stack")
    assert failed.begin_submit().trouble is None


def test_what_is_wrong_is_neither_submitted_nor_estimated() -> None:
    wrong = state_of("")
    assert wrong.begin_submit() is wrong
    assert wrong.begin_estimate() is wrong


def test_another_form_or_back_end_is_planned_anew() -> None:
    planned = state_of("1, 2").planned(ShardPlan(n_rows=2, shard_size=1), None)
    assert planned.edited(form_of("1, 2, 3")).plan is None
    assert planned.sent_to("cloud").plan is None
    assert planned.planned(None, "too large").edited(form_of("1")).refusal is None


def test_an_estimate_is_shown_of_what_was_estimated_and_of_nothing_else() -> None:
    state = state_of("1, 2")
    assert state.estimate_words == "press Estimate: a few rows are evaluated here, for about two seconds"
    begun = state.begin_estimate()
    assert begun.estimate_words == "a few rows are being evaluated here, for about two seconds"
    assert begun.begin_estimate() is begun
    document = state.reading.document
    assert document is not None
    assert begun.estimating == Asked(document, "serial")
    learnt = begun.learnt(Estimated(begun.estimating, words="two rows"))
    assert (learnt.estimate_words, learnt.estimate_blocked) == ("two rows", None)
    for other in (learnt.edited(form_of("1, 2, 3")), learnt.sent_to("cloud"), learnt.edited(form_of(""))):
        assert other.estimate_words.startswith("the grid has changed since it was estimated: press Estimate")
    assert learnt.edited(form_of("3")).edited(form_of("1, 2")).estimate_words == "two rows"


def test_a_failed_estimate_says_why_until_the_grid_changes() -> None:
    begun = state_of("1, 2").begin_estimate()
    assert begun.estimating is not None
    failed = begun.learnt(Estimated(begun.estimating, trouble="no row came to an end"))
    assert (failed.estimate_words, failed.estimate_trouble) == ("no estimate", "no row came to an end")
    assert failed.edited(form_of("3")).estimate_trouble is None
    assert failed.begin_estimate().estimate_trouble is None


def test_what_cannot_be_loaded_leaves_the_form() -> None:
    state = state_of("1, 2")
    refused = state.load_refused("there is no such run")
    assert (refused.form, refused.load_fault) == (state.form, "there is no such run")
    loaded = refused.loaded(form_of("3"), "other code")
    assert (loaded.load_fault, loaded.note, loaded.form) == (None, "other code", form_of("3"))


def test_sizes_in_words() -> None:
    plan = ShardPlan(n_rows=2, shard_size=1)
    assert size_words(state_of("1, 2").planned(plan, None)) == "2 points × 1 replicate = 2 rows"
    assert size_words(state_of("1, x")) == "no grid yet: 1 field has errors"
    huge = state_of("1, 2").edited(form_of("1").with_rows(replicates="9" * 4300)).planned(None, "too many rows")
    assert size_words(huge) == "no grid yet: it is too large"
    assert plan_words(plan, final=True) == "2 shards of 1 row"
    assert plan_words(ShardPlan(n_rows=1_001, shard_size=1_000), final=True) == "2 shards of up to 1,000 rows"
    assert plan_words(ShardPlan(n_rows=7, shard_size=1_000), final=False) == (
        "1 shard of 7 rows; when it is submitted, a few rows are tried first, and may change that"
    )
    assert plan_words(None, final=True) == ""


def test_what_people_write_is_escaped() -> None:
    assert "<td>&lt;b&gt;</td>" in preview_table([{"c": "<b>"}], 9)
    assert "the first 1 of 9 points" in preview_table([{"c": "<b>"}], 9)
    assert "<i>" not in copyable_code("'<i>'")
    assert (copyable_code(None), preview_table([], 0)) == ("", "")


def test_of_many_messages_the_first_are_shown() -> None:
    assert several(["a", "b", "c"]) == "a\nb\nc"
    assert several(list("abcde")) == "a\nb\nc\nand 2 more"
    assert several([]) is None


def test_shards_are_planned_as_the_back_end_would(tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=range(1000)), replicates=10)
    assert plan_shards(sweep, None) == ShardPlan(n_rows=10_000, shard_size=200)
    assert plan_shards(sweep, wb.serial(tmp_path)).n_shards == 50
    assert plan_shards(sweep, wb.processes(2, root=tmp_path)).n_rows == 10_000


def test_what_is_too_large_for_a_back_end_is_refused(tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=range(200_000)), replicates=1_000)
    with pytest.raises(SweepError, match="more than 100,000,000 rows"):
        plan_shards(sweep, None)
    assert plan_shards(sweep, wb.serial(tmp_path)).n_rows == 200_000_000
    larger = wb.Sweep(faulty_models.noise, wb.product(a=range(200_000)), replicates=10**4000)
    with pytest.raises(SweepError, match="rows, the most this deployment takes"):
        plan_shards(larger, wb.serial(tmp_path))


def test_back_ends_have_labels(tmp_path: Path) -> None:
    serial = wb.serial(tmp_path)
    assert labelled(None) == {}
    assert labelled(serial) == {"serial": serial}
    assert labelled({"mine": serial}) == {"mine": serial}
