"""The parts of the marketplace by hand: places, arrivals, prices, moving drivers, and assignment against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from workbench.experiments.marketplace.city import City
from workbench.experiments.marketplace.demand import Demand, arrival_times
from workbench.experiments.marketplace.fleet import Fleet, Habits
from workbench.experiments.marketplace.matching import Matching, assign
from workbench.experiments.marketplace.pricing import Pricing, Surge

INF = math.inf
CITY = City(side=9.0, speed=0.5, centre_share=0.4)
DEMAND = Demand(
    riders=1.0, horizon=720.0, start_hour=6.0, rush=2.0, price_spread=0.5, eta_tolerance=1.0, patience=1.0, delay=1.0
)
MATCHING = Matching(radius=4.0, wage=0.25, eta_weight=0.5, speed=0.5, interval=0.0)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def test_places_lie_in_the_city_and_as_many_in_its_centre_as_asked() -> None:
    places = CITY.places(generator(1).random((20_000, 3)))
    assert places.min() >= 0
    assert places.max() <= 9
    central = ((places > 3) & (places < 6)).all(axis=1).mean()
    # Of the places that lie anywhere one in nine is central too.
    assert central == pytest.approx(0.4 + 0.6 / 9, abs=4 * math.sqrt(0.25 / 20_000))


def test_arrivals_are_uniform_on_a_day_without_rush_hours() -> None:
    uniforms = np.linspace(0.0, 1.0, 101)
    quiet = Demand(**(vars(DEMAND) | {"rush": 0.0}))
    np.testing.assert_allclose(arrival_times(uniforms, quiet), 720.0 * uniforms, rtol=1e-12)


def test_arrivals_follow_the_rush_hours() -> None:
    times = arrival_times(np.linspace(0.0, 1.0, 100_001), DEMAND)
    counts, _ = np.histogram(times, bins=np.arange(0.0, 721.0, 60.0))
    # From 6 to 18 o'clock: the whole morning peak but its tails, and half of the evening's.
    total = 12 + 2.0 * math.sqrt(2 * math.pi) * (0.9772 + 0.5)
    at_noon, at_eight = counts[6] / 100_000, counts[2] / 100_000
    assert at_noon == pytest.approx(1 / total, rel=0.01)
    assert at_eight == pytest.approx((1 + 2.0 * 0.8556) / total, rel=0.01)
    assert (np.diff(times) >= 0).all()


@pytest.mark.parametrize(
    ("requests", "idle", "multiplier"),
    [
        ([0.0], [1.0, 2.0], 1.0),
        ([0.0, 1.0, 2.0], [1.0, 2.0], 1.5),
        ([0.0, 1.0, 2.0], [1.0, 2.5], 3.0),
        ([0.0, 9.0, 9.0], [1.0], 1.0),
        ([0.0] * 9, [1.0], 4.0),
        ([0.0], [INF], 4.0),
    ],
)
def test_surge_is_demand_over_supply_around_the_rider(
    requests: list[float], idle: list[float], multiplier: float
) -> None:
    assert Surge(maximum=4.0, radius=2.0).multiplier(np.array(requests), np.array(idle)) == multiplier


def test_fare_is_by_distance() -> None:
    assert Pricing(2.0, 1.5, 0.2, None).fare(4.0, 1.25) == 10.0


def test_drivers_go_as_far_as_their_wage_lets_them() -> None:
    # 5 a ride are 20 minutes at 0.25 a minute; 16 of them are the ride itself, and in 4 minutes a car drives 2 km.
    assert MATCHING.reach(5.0, 16.0) == 2.0
    assert MATCHING.reach(50.0, 16.0) == 4.0
    assert MATCHING.reach(1.0, 16.0) < 0
    assert Matching(radius=4.0, wage=1e-310, eta_weight=1.0, speed=0.5, interval=0.0).reach(1.0, 16.0) == 4.0
    assert Matching(radius=4.0, wage=0.0, eta_weight=1.0, speed=0.5, interval=0.0).reach(0.0, 16.0) == 4.0


def test_the_best_partner_is_near_or_has_waited() -> None:
    distances, waited = np.array([3.0, 1.0, 2.0, 5.0]), np.array([9.0, 0.0, 6.0, 99.0])
    # Half the minutes of the way less half those waited: -1.5, 1, -1, and out of reach.
    assert MATCHING.best(distances, waited, 4.0) == 0
    assert MATCHING.best(distances, np.zeros(4), 4.0) == 1
    assert MATCHING.best(distances, waited, np.array([2.0, 0.5, 2.0, 4.0])) == 2
    assert MATCHING.best(np.full(3, INF), np.zeros(3), 4.0) is None


def test_a_roaming_driver_moves_at_the_speed_of_cars_and_arrives() -> None:
    fleet = Fleet(3, CITY, Habits(parked=1.0, shift=1.0, off=0.0), generator(2))
    start = fleet.place(1, 10.0)
    arrival = fleet.roam(1, 10.0)
    end = fleet.place(1, arrival)
    way = abs(end[0] - start[0]) + abs(end[1] - start[1])
    assert arrival - 10.0 == pytest.approx(way / CITY.speed)
    half = fleet.place(1, (10.0 + arrival) / 2)
    assert abs(half[0] - start[0]) + abs(half[1] - start[1]) == pytest.approx(way / 2)
    assert fleet.place(1, arrival + 99.0) == end
    assert fleet.place(0, 99.0) == fleet.place(0, 0.0)


def test_only_idle_drivers_are_seen() -> None:
    fleet = Fleet(3, CITY, Habits(parked=1.0, shift=1.0, off=0.0), generator(2))
    fleet.release(2, 0.0)
    distances = fleet.distances([0.0, 0.0], 0.0)
    assert distances[:2].tolist() == [INF, INF]
    assert distances[2] == pytest.approx(sum(fleet.place(2, 0.0)))
    np.testing.assert_allclose(fleet.places(np.array([2]), 0.0), [fleet.place(2, 0.0)])


def costs(elements: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=elements)


@given(costs(st.floats(-50, 50) | st.integers(0, 3).map(float) | st.just(INF)))
@settings(deadline=None, max_examples=300)
def test_assignment_is_as_large_and_as_cheap_as_scipys(table: np.ndarray) -> None:
    pairs = assign(table)
    possible = np.isfinite(table)
    rows, columns = linear_sum_assignment(np.where(possible, table, 1e7))
    chosen = possible[rows, columns]
    assert len(pairs) == len({row for row, _ in pairs}) == len({column for _, column in pairs}) == chosen.sum()
    assert sum(table[pair] for pair in pairs) == pytest.approx(table[rows, columns][chosen].sum(), abs=1e-6)
    assert pairs == sorted(pairs) == assign(table.copy())


def test_nobody_is_assigned_where_nobody_is_in_reach() -> None:
    assert assign(np.full((2, 3), INF)) == []
    assert assign(np.array([[INF, 1.0], [INF, 2.0]])) == [(0, 1)]
