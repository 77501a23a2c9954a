"""A wait ends: with the run, with its own time limit, or when one of two clocks runs out; no test waits for real."""

from __future__ import annotations

import math
from typing import Any

import pytest

import faulty_models
import workbench as wb
from run_doubles import FakeClock, FakeControl
from small_runs import plan
from workbench.contract.keys import ReportKey, control_key, outcome_key, report_key
from workbench.errors import RunStalledError, RunTimeoutError
from workbench.runs.control import Halt
from workbench.runs.run import Run
from workbench.runs.watch import Patience
from workbench.storage.memory import MemoryStore

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(14))), shard_size=2)
RUN = MANIFEST.run_id
ENGINE: Any = None  # nothing is asked
HOUR = Patience(start=3600, silence=7200)


def land(store: MemoryStore, *shards: int, status: Any = "success") -> None:
    for shard_id in shards:
        store.put(outcome_key("noise", RUN, status, shard_id), b"")


def make(clock: FakeClock, control: FakeControl | None = None) -> tuple[Run, MemoryStore]:
    store = MemoryStore()
    return Run(MANIFEST, store, ENGINE, control=control or FakeControl(HOUR), clock=clock), store


def test_waiting_ends_when_the_last_outcome_lands() -> None:
    clock = FakeClock()
    run, store = make(clock)
    clock.meanwhile = lambda pauses: land(store, pauses - 1)
    assert run.wait(progress=False).state == "SUCCEEDED"
    assert len(clock.pauses) == 7


def test_a_run_that_never_started() -> None:
    clock = FakeClock()
    run, store = make(clock)
    store.put(control_key(RUN, 0, "dispatched"), b"")
    began = clock.now
    with pytest.raises(RunStalledError) as stalled:
        run.wait(progress=False)
    assert 3600 <= clock.now - began < 3700
    assert str(stalled.value) == (
        f"{RUN} never started: nothing has landed in the {clock.now - began:,.0f} s of this wait. 7 of 7 shards are "
        f"missing (0, 1, 2, 3, 4, ...): `run.resume()` or `workbench resume {RUN}` evaluates them, or submit the sweep "
        "again"
    )


def test_a_run_that_started_and_fell_silent() -> None:
    clock = FakeClock()
    run, store = make(clock)
    clock.meanwhile = lambda pauses: land(store, *range(5)) if pauses == 3 else None
    began = clock.now
    with pytest.raises(RunStalledError, match=r"fell silent: .* 2 of 7 shards are missing \(5, 6\): `run.resume\(\)`"):
        run.wait(progress=False)
    assert 7200 <= clock.now - began < 7300


def test_every_change_starts_the_second_clock_anew() -> None:
    clock = FakeClock()
    run, store = make(clock)
    began, kept = clock.now, []

    def meanwhile(_: int) -> None:
        if len(kept) < 6 and clock.now - began > 7000 * (len(kept) + 1):
            kept.append(len(kept))
            land(store, kept[-1])

    clock.meanwhile = meanwhile
    land(store, 6, status="failure")  # it has started
    with pytest.raises(RunStalledError, match=r"missing \(6\)"):
        run.wait(progress=False)
    assert kept == list(range(6))


def test_outcomes_of_an_earlier_generation_are_no_start() -> None:
    clock = FakeClock()
    run, store = make(clock)
    land(store, 0, 1, 2)
    land(store, 3, status="failure")
    store.put(report_key(ReportKey(RUN, 0, 3, 1, 0)), b"")
    store.put(control_key(RUN, 1, "resumed"), b"")
    with pytest.raises(RunStalledError, match="never started"):
        run.wait(progress=False)
    clock.meanwhile = lambda _: store.put(report_key(ReportKey(RUN, 1, 3, 1, 0)), b"") and None
    with pytest.raises(RunStalledError, match=r"fell silent: .*3 of 7 shards are missing \(4, 5, 6\)"):
        run.wait(progress=False)


def test_the_limits_can_be_set_and_lifted() -> None:
    clock = FakeClock()
    run, _ = make(clock)
    began = clock.now
    with pytest.raises(RunStalledError, match="never started"):
        run.wait(progress=False, start_timeout=5, silence_timeout=1)
    assert 5 <= clock.now - began < 10
    with pytest.raises(RunTimeoutError):
        run.wait(progress=False, start_timeout=math.inf, timeout=1e6)


def test_a_time_limit_is_kept_to_the_second() -> None:
    clock = FakeClock()
    run, _ = make(clock)
    began = clock.now
    with pytest.raises(RunTimeoutError, match=r"is not finished after 100 s \(RUNNING: 0 of 7 shards"):
        run.wait(progress=False, timeout=100)
    assert clock.now - began == pytest.approx(100)


def test_a_silent_run_is_looked_at_less_and_less_often() -> None:
    clock = FakeClock()
    run, _ = make(clock)
    with pytest.raises(RunStalledError):
        run.wait(progress=False)
    assert clock.pauses == sorted(clock.pauses)
    assert (clock.pauses[0], max(clock.pauses)) == (0.5, 30)
    assert len(clock.pauses) < 250


def test_a_large_run_is_looked_at_less_often() -> None:
    manifest = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(5001))), shard_size=1)
    store, clock = MemoryStore(), FakeClock()
    for shard_id in range(5000):
        store.put(outcome_key("noise", manifest.run_id, "success", shard_id), b"")
    with pytest.raises(RunTimeoutError):
        Run(manifest, store, ENGINE, control=FakeControl(), clock=clock).wait(timeout=3.5, progress=False)
    assert clock.pauses == [3.0, 0.5]


def test_waiting_ends_when_nobody_evaluates_any_more() -> None:
    cause = OSError("disk full")
    run, store = make(FakeClock(), FakeControl(halt=Halt("cannot go on: disk full", cause)))
    with pytest.raises(RunStalledError, match=rf"{RUN} cannot go on: disk full. 7 of 7 shards") as stalled:
        run.wait(progress=False)
    assert stalled.value.__cause__ is cause
    land(store, *range(7))
    assert run.wait(timeout=0, progress=False).state == "SUCCEEDED"


def test_resume_and_cancel_are_passed_on_and_answered_with_the_status() -> None:
    control = FakeControl()
    run, store = make(FakeClock(), control)
    land(store, 1)
    assert (
        run.resume().shards.succeeded
        == run.resume(include="all").shards.succeeded
        == run.cancel().shards.succeeded
        == 1
    )
    assert control.asked == ["resume infra", "resume all", "cancel"]
