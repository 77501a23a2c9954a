"""How fast a run goes, and when it ends, from what lands; the clock is the test's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from run_doubles import FakeClock
from workbench.runs.pace import Pace, PaceKeeper, Seen, estimate_pace


@given(
    rate=st.floats(0.01, 1e6),
    shard=st.integers(1, 10_000),
    landed=st.integers(1, 50),
    more=st.integers(0, 50),
    before=st.integers(0, 1000),
)
def test_a_steady_run_is_foretold_exactly(rate: float, shard: int, landed: int, more: int, before: int) -> None:
    first = Seen(5.0, before)
    last = Seen(5.0 + landed * shard / rate, before + landed * shard)
    expected = before + (landed + more) * shard
    pace = estimate_pace(first, last, now=last.seconds, expected=expected)
    assert pace is not None
    assert pace.rows_per_second == pytest.approx(rate)
    assert pace.seconds_left == pytest.approx(max(more * shard / rate, 1.0) if more else 0.0)


def test_time_left_passes_while_nothing_lands() -> None:
    first, last = Seen(0, 0), Seen(10, 100)
    left = [estimate_pace(first, last, now=now, expected=300) for now in (10, 15, 29, 60)]
    assert [pace.seconds_left for pace in left if pace] == [20, 15, 1, 1]
    assert {pace.rows_per_second for pace in left if pace} == {10}


def test_nothing_is_foretold_before_anything_has_landed() -> None:
    assert estimate_pace(Seen(0, 7), Seen(0, 7), now=9, expected=10) is None
    assert estimate_pace(Seen(1, 0), Seen(1, 7), now=9, expected=10) is None


def test_what_had_landed_before_is_no_speed() -> None:
    clock = FakeClock()
    keeper = PaceKeeper(clock, 1_000)
    assert keeper.see(500) is None
    clock.sleep(10)
    assert keeper.see(600) == Pace(rows_per_second=10, seconds_left=40)
    clock.sleep(5)
    assert keeper.see(600) == Pace(rows_per_second=10, seconds_left=35)
    clock.sleep(5)
    assert keeper.see(1_000) == Pace(rows_per_second=25, seconds_left=0)


def test_a_resume_starts_anew() -> None:
    clock = FakeClock()
    keeper = PaceKeeper(clock, 100)
    keeper.see(0)
    clock.sleep(1)
    keeper.see(100)
    clock.sleep(100)
    assert keeper.see(90) is None
    clock.sleep(5)
    assert keeper.see(95) == Pace(rows_per_second=1, seconds_left=5)


@pytest.mark.parametrize(
    ("rate", "left", "said"),
    [
        (1234.5, 0, "1,234 rows/s"),
        (0.256, 0.4, "0.26 rows/s, 1 s left"),
        (9.99, 60, "10 rows/s, 1 min left"),
        (50, 3599.2, "50 rows/s, 1 h left"),
        (50, 3723, "50 rows/s, 1 h 2 min left"),
        (50, 200_000, "50 rows/s, 2 d 7 h left"),
        (50, 86_405, "50 rows/s, 1 d left"),
    ],
)
def test_in_words(rate: float, left: float, said: str) -> None:
    assert str(Pace(rate, left)) == said
