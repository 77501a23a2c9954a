"""A cancellation ends the latest generation of a run, and no other."""

from __future__ import annotations

import pytest

import faulty_models
import workbench as wb
from lambdas.parent.cancel import cancel
from lambdas.parent.resume import resume
from memory_parent import CALLER, Parent, ParentDiedError, shards_of
from workbench.contract import Cancellation, CancelReply, decode, read_controls
from workbench.contract.keys import control_key
from workbench.errors import UnknownRunError

AT = "2026-01-02T00:00:00+00:00"
SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(10)))


def test_the_first_to_cancel_stays_on_record() -> None:
    parent = Parent()
    _, run = parent.submit(SWEEP.request())
    for by in ("first", "second"):
        assert cancel(run.run_id, parent.service, by=by, at=AT) == CancelReply(run_id=run.run_id, generation=0)
    tombstone = parent.store.get(control_key(run.run_id, 0, "cancelled"))
    assert decode(tombstone or b"", Cancellation, source="control") == Cancellation(by="first", at=AT)


def test_a_resume_outlives_the_cancellation_before_it() -> None:
    parent = Parent()
    _, run = parent.submit(SWEEP.request())
    cancel(run.run_id, parent.service, by=CALLER, at=AT)
    resume(run.run_id, parent.service, include="infra", by=CALLER, at=AT)
    controls = read_controls(parent.listing())
    assert (controls.generation, controls.dispatched, controls.cancelled) == (1, True, False)
    assert cancel(run.run_id, parent.service, by=CALLER, at=AT).generation == 1
    assert read_controls(parent.listing()).cancelled


def test_a_run_that_nobody_submitted() -> None:
    parent = Parent()
    with pytest.raises(UnknownRunError, match="there is no run 'noise-nobody'"):
        cancel("noise-nobody", parent.service, by=CALLER, at=AT)
    assert parent.listing() == []


def test_shards_that_were_never_started_are_started_to_find_the_tombstone() -> None:
    parent = Parent()
    parent.dispatcher.dies_at = 3
    with pytest.raises(ParentDiedError):
        parent.submit(SWEEP.request(run_id="noise-half"))
    parent.dispatcher.dies_at = None
    parent.dispatcher.take()
    cancel("noise-half", parent.service, by=CALLER, at=AT)
    assert shards_of(parent.dispatcher.take()) == list(range(10))
    assert read_controls(parent.listing()).cancelled
