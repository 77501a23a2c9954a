"""A run that is watched is asked rarely, tells what it answers, and goes on when its watcher leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import IPython
import IPython.display
import pandas as pd
import pytest
from ipywidgets import HTML, HBox, Image, IntProgress, VBox

import faulty_models
import workbench as wb
from run_doubles import FakeClock
from small_runs import plan
from workbench.contract.keys import ReportKey, outcome_key, report_key
from workbench.errors import QueryError, RunTimeoutError
from workbench.runs.live import Answers, LiveState, watch
from workbench.runs.status import list_landed, run_status
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from workbench.contract import Manifest
    from workbench.runs.status import RunStatus

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(40))), shard_size=10)
PNG = b"\x89PNG"


def status_of(good: int, *, failed: int = 0) -> RunStatus:
    """Where the run stands when some shards are good, and another has left failed rows."""
    store = MemoryStore()
    for shard_id in range(good):
        store.put(outcome_key("noise", MANIFEST.run_id, "success", shard_id), b"")
    if failed:
        store.put(outcome_key("noise", MANIFEST.run_id, "failure", good), b"")
        store.put(report_key(ReportKey(MANIFEST.run_id, 0, good, failed, 0)), b"")
    return run_status(MANIFEST, list_landed(store, MANIFEST))


@dataclass
class WatchedRun:
    """Lands as its test says, a status a second, and keeps what it was asked."""

    statuses: list[RunStatus]
    clock: FakeClock = field(default_factory=FakeClock)
    manifest: Manifest = MANIFEST
    asked: list[str] = field(default_factory=list)
    before: Callable[[int], None] = field(default=lambda _: None)
    slow: float = 0.0
    trouble: QueryError | None = None

    @property
    def plot(self) -> WatchedRun:
        return self

    def status(self) -> RunStatus:
        return self.statuses[0]

    def wait(self, *, timeout: float | None, progress: Callable[[RunStatus], None]) -> RunStatus:
        if timeout is not None:
            raise RunTimeoutError(f"{timeout}")
        for place, status in enumerate(self.statuses):
            self.before(place)
            progress(status)
            self.clock.sleep(1)
        return self.statuses[-1]

    def failures(self) -> pd.DataFrame:
        self.clock.now += self.slow
        self.asked.append("failures")
        return pd.DataFrame({"error_code": ["TIMEOUT", "ValueError"], "count": [1, 2]})

    def lines(self, *, x: str, y: str, hue: str | None, ax: Axes) -> Axes:
        if self.trouble:
            raise self.trouble
        self.asked.append(f"lines {x} {y} {hue}")
        ax.plot([0, len(self.asked)])
        return ax

    def heatmap(self, *, x: str, y: str, metric: str, ax: Axes) -> Axes:
        self.asked.append(f"heatmap {x} {y} {metric}")
        return ax


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """Be a notebook's kernel; the widgets that it displays, by type, and texts by the type of their box too."""
    widgets: dict[Any, Any] = {}
    bundles: list[Any] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: bundles.append(bundle))
    for box in (HBox, VBox):
        made = box.__init__

        def keep(self: Any, children: list[Any], *, made: Any = made, **options: Any) -> None:
            made(self, children, **options)
            for child in children:
                widgets[(HTML, type(self)) if isinstance(child, HTML) else type(child)] = child
            widgets["bundles"] = bundles

        monkeypatch.setattr(box, "__init__", keep)
    return widgets


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")


def test_nothing_is_asked_before_something_has_landed() -> None:
    state = LiveState(MANIFEST, FakeClock())
    assert not state.due
    state.see(status_of(0))
    assert not state.due
    state.see(status_of(1))
    assert state.due


def test_the_same_is_not_asked_twice_and_news_not_at_once() -> None:
    clock = FakeClock()
    state = LiveState(MANIFEST, clock, interval=5)
    state.see(status_of(1))
    state.learn(Answers(), seconds=0.1)
    clock.sleep(60)
    state.see(status_of(1))
    assert not state.due
    state.see(status_of(2))
    assert state.due
    state.learn(Answers(), seconds=0.1)
    clock.sleep(4.9)
    state.see(status_of(3))
    assert not state.due
    clock.sleep(0.2)
    assert state.due


def test_slow_answers_are_asked_for_less_often() -> None:
    clock = FakeClock()
    state = LiveState(MANIFEST, clock, interval=5)
    state.see(status_of(1))
    state.learn(Answers(), seconds=3)
    state.see(status_of(2))
    clock.sleep(29)
    assert not state.due
    clock.sleep(2)
    assert state.due


def test_the_end_is_always_asked_about_once() -> None:
    state = LiveState(MANIFEST, FakeClock(), interval=math.inf)
    state.see(status_of(1))
    state.learn(Answers(), seconds=1e6)
    state.see(status_of(3))
    assert not state.due
    state.see(status_of(3, failed=2))
    assert state.due
    state.learn(Answers(), seconds=0)
    assert not state.due


def test_what_is_shown_is_what_was_learnt() -> None:
    clock = FakeClock()
    state = LiveState(MANIFEST, clock)
    assert state.see(status_of(0)).notes == ()
    clock.sleep(10)
    state.see(status_of(2, failed=3))
    state.learn(Answers(failures={"B": 1, "A": 1, "C": 1200}, cost=1.5, chart=PNG), seconds=0)
    shown = state.see(status_of(2, failed=3))
    assert shown.notes == ("failed so far: 1,200 C, 1 A, 1 B", "cost so far: $1.5000")
    assert (shown.chart, str(shown.pace)) == (PNG, "3 rows/s, 4 s left")
    state.learn(Answers(trouble=("no new chart: lost",)), seconds=0)
    shown = state.see(status_of(3))
    assert (shown.notes, shown.chart) == (("no new chart: lost",), PNG)


def test_a_notebook_shows_it_in_widgets_that_are_made_once(displayed: dict[Any, Any]) -> None:
    run = WatchedRun([status_of(0), status_of(1), status_of(2), status_of(3, failed=3)])
    charts: list[bytes] = []
    hidden: list[str | None] = []

    def before(_: int) -> None:
        charts.append(bytes(displayed[Image].value))
        hidden.append(displayed[Image].layout.display)

    run.before = before
    last = watch(run, cost=lambda: 0.25, clock=run.clock)
    assert last.state == "FAILED"
    # After the first shard, and at the end; the shard in between came too soon after the first.
    assert run.asked == ["lines a uniform None", "failures", "lines a uniform None"]
    charts.append(bytes(displayed[Image].value))
    assert (charts[1], hidden[1]) == (b"", "none")
    assert charts[2].startswith(PNG)
    assert charts[2] == charts[3] != charts[4]
    assert (hidden[2], displayed[Image].layout.display) == (None, None)
    assert displayed[HTML, VBox].value == "failed so far: 2 ValueError, 1 TIMEOUT<br>cost so far: $0.2500"
    assert displayed[HTML, HBox].value.endswith("FAILED: 4 of 4 shards, 40 of 40 rows, 3 rows failed&ensp;13 rows/s")
    assert (displayed[IntProgress].value, displayed[IntProgress].bar_style) == (4, "warning")
    (bundle,) = displayed["bundles"]
    assert bundle["text/plain"] == f"{MANIFEST.run_id}: 4 shards"


def test_what_a_message_holds_is_text_not_markup(displayed: dict[Any, Any]) -> None:
    run = WatchedRun([status_of(1)], trouble=QueryError("<b>bold</b>"))
    watch(run, clock=run.clock)
    assert displayed[HTML, VBox].value == "no new chart: &lt;b&gt;bold&lt;/b&gt;"


def test_a_question_that_fails_is_told_and_asked_again(displayed: dict[Any, Any]) -> None:
    run = WatchedRun([status_of(1), status_of(2), status_of(3), status_of(4)], trouble=QueryError("throttled"))
    seen: list[str] = []

    def before(place: int) -> None:
        seen.append(displayed[HTML, VBox].value)
        if place == 3:
            run.trouble = None

    run.before = before
    assert watch(run, clock=run.clock).state == "SUCCEEDED"
    assert seen[1:] == ["no new chart: throttled"] * 3
    assert run.asked == ["lines a uniform None"]
    assert displayed[HTML, VBox].value == ""


def test_a_terminal_shows_words_and_draws_nothing(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    run = WatchedRun([status_of(0), status_of(3, failed=3)])
    watch(run, cost=lambda: 0.25, clock=run.clock)
    shown = capsys.readouterr().err
    assert "failed so far: 2 ValueError, 1 TIMEOUT" in shown
    assert "cost so far: $0.2500" in shown
    assert run.asked == ["failures"]


def test_a_pipe_is_told_nothing_and_asks_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    run = WatchedRun([status_of(3, failed=3)])
    assert watch(run, clock=run.clock).state == "FAILED"
    assert (run.asked, capsys.readouterr().err) == ([], "")


def test_whoever_interrupts_gets_the_last_status(displayed: dict[Any, Any]) -> None:
    run = WatchedRun([status_of(1), status_of(2), status_of(3)])

    def before(place: int) -> None:
        if place == 2:
            raise KeyboardInterrupt

    run.before = before
    assert watch(run, clock=run.clock).shards.ended == 2

    def at_once(_: int) -> None:
        raise KeyboardInterrupt

    run.before = at_once
    assert watch(run, clock=run.clock).shards.ended == 1


def test_the_time_limit_is_the_waits(displayed: dict[Any, Any]) -> None:
    with pytest.raises(RunTimeoutError, match=r"^7$"):
        watch(WatchedRun([status_of(0)]), timeout=7)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"metric": "unifrom"}, "unifrom"),
        ({"x": "A"}, "'A'"),
        ({"x": "a", "hue": "a"}, "once"),
        ({"y": "b", "hue": "c"}, "not both"),
    ],
)
def test_wrong_names_are_refused_before_anything_is_shown(displayed: dict[Any, Any], named: Any, message: str) -> None:
    run = WatchedRun([status_of(1)])
    with pytest.raises(QueryError, match=message):
        watch(run, **named)
    assert displayed == {}


def test_two_parameters_make_a_heatmap(displayed: dict[Any, Any]) -> None:
    run = WatchedRun([status_of(4)])
    watch(run, x="a", y="b", metric="small", clock=run.clock)
    assert run.asked == ["heatmap a b small"]
    assert bytes(displayed[Image].value).startswith(PNG)
