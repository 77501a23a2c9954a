"""Whatever happens in whatever order, a monitor offers only what makes sense, and cancels only who said so twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from workbench.runs.pace import Pace
from workbench.runs.status import Counts, RunStatus
from workbench.widgets.monitor_state import Failure, MonitorState

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.status import RunState

    Event = tuple[str, Callable[[MonitorState], MonitorState]]


def status_of(state: RunState) -> RunStatus:
    missing = 1 if state == "RUNNING" else 0
    failed, cancelled = int(state == "FAILED"), int(state == "ABORTED")
    counts = Counts(expected=3, succeeded=3 - missing - failed - cancelled, failed=failed, cancelled=cancelled,
                    missing=missing)  # fmt: skip
    return RunStatus(state=state, shards=counts, rows=counts)


RUNNING, FAILED, SUCCEEDED = status_of("RUNNING"), status_of("FAILED"), status_of("SUCCEEDED")
STATUSES = st.sampled_from([RUNNING, FAILED, SUCCEEDED, status_of("ABORTED")])
ENDED = STATUSES.filter(lambda status: status.state != "RUNNING")
WORDS = st.sampled_from(["lost", "throttled"])
PACES = st.sampled_from([None, Pace(3.0, 4.0)])


def event(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.tuples(*arguments).map(lambda given: (name, lambda state: getattr(state, name)(*given)))


EVENTS = st.one_of(
    event("attached", st.sampled_from(["noise-1", "noise-2"])),
    event("attach_refused", WORDS),
    event("seen", STATUSES, PACES),
    event("learnt", st.just((Failure("TIMEOUT", 2, "late"),)), st.just(("cost so far: $1",))),
    event("ended", ENDED),
    event("halted", WORDS),
    event("ask_to_cancel"),
    event("keep"),
    event("confirm_cancel"),
    event("begin_resume"),
    event("done", STATUSES),
    event("refused", WORDS),
)
HISTORIES = st.lists(EVENTS, max_size=30)


@given(HISTORIES)
def test_what_is_offered_makes_sense_whatever_has_happened(events: list[Event]) -> None:
    state = MonitorState()
    for name, happen in events:
        before, state = state, happen(state)
        cancel, resume = state.cancel, state.resume
        for choice in (cancel, resume):
            assert choice.enabled == (choice.reason == "")
        if cancel.enabled and resume.enabled:
            # Only of a run that has not ended and of which nobody knows whether it goes on.
            assert not state.watching
            assert state.status is not None
            assert state.status.state == "RUNNING"
        if state.asked_to_cancel or state.doing or state.run_id is None:
            assert not cancel.enabled
            assert not resume.enabled
        if state.asked_to_cancel:
            assert state.doing is None
            assert state.status is not None
            assert state.status.state == "RUNNING"
        if state.doing == "cancel" != before.doing:
            assert (name, before.asked_to_cancel) == ("confirm_cancel", True)
        if state.doing == "resume" != before.doing:
            assert (name, before.resume.enabled) == ("begin_resume", True)
        assert state.headline


@given(HISTORIES, HISTORIES)
def test_nothing_moves_a_monitor_that_was_closed(before: list[Event], after: list[Event]) -> None:
    state = MonitorState()
    for _, happen in before:
        state = happen(state)
    state = state.shut()
    for _, happen in after:
        state = happen(state)
        assert (state.closed, state.watching, state.doing) == (True, False, None)
        assert not state.cancel.enabled
        assert not state.resume.enabled


@given(HISTORIES)
def test_another_run_begins_anew(events: list[Event]) -> None:
    state = MonitorState()
    for _, happen in events:
        state = happen(state)
    assert state.attached("noise-3") == MonitorState(run_id="noise-3", watching=True)


@given(HISTORIES, WORDS)
def test_a_wrong_id_changes_nothing_but_its_message(events: list[Event], message: str) -> None:
    state = MonitorState()
    for _, happen in events:
        state = happen(state)
    assert state.attach_refused(message) == replace(state, run_id_fault=message)


def test_a_run_is_cancelled_watched_and_resumed() -> None:
    state = MonitorState().attached("noise-1")
    assert state.cancel.reason == "where the run stands is not known yet"
    state = state.seen(RUNNING, Pace(3.0, 4.0))
    assert state.headline == f"noise-1: {RUNNING}; 3 rows/s, 4 s left"
    assert state.resume.reason == "the run goes on"
    assert state.confirm_cancel() == state
    assert state.ask_to_cancel().keep() == state
    state = state.ask_to_cancel().confirm_cancel()
    assert state.headline.endswith("the run is being cancelled")
    aborted = status_of("ABORTED")
    state = state.done(RUNNING).seen(aborted, None)
    assert state.resume.reason == "its last answers are awaited"
    state = state.ended(aborted)
    assert state.cancel.reason == "the run has ended"
    assert state.resume.enabled
    state = state.begin_resume()
    assert state.resume.reason == "the run is being resumed"
    state = state.done(RUNNING)
    assert state.watching
    assert state.ended(SUCCEEDED).resume.reason == "every row is good"


def test_a_question_is_withdrawn_when_the_run_ends_meanwhile() -> None:
    state = MonitorState().attached("noise-1").seen(RUNNING, None).ask_to_cancel()
    assert state.asked_to_cancel
    assert not state.seen(FAILED, None).asked_to_cancel
    assert not state.ended(FAILED).asked_to_cancel


def test_a_run_that_nobody_evaluates_can_be_resumed_or_cancelled() -> None:
    state = MonitorState().attached("noise-1").seen(RUNNING, None).halted("is evaluated by nobody")
    assert (state.cancel.enabled, state.resume.enabled) == (True, True)
    assert state.headline.endswith("not watched")
    assert state.trouble == "is evaluated by nobody"
    assert state.begin_resume().refused("no such code").trouble == "no such code"


@pytest.mark.parametrize("name", ["seen", "ended"])
def test_news_of_a_run_that_is_not_watched_is_dropped(name: str) -> None:
    state = MonitorState().attached("noise-1").seen(RUNNING, None).halted("lost")
    news = getattr(state, name)
    assert (news(FAILED, None) if name == "seen" else news(FAILED)) == state
