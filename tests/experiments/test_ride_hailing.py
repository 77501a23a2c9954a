"""The marketplace against queues and geometry with exact answers, against itself on the same riders, and its rules."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from ride_days import generator
from workbench.errors import SweepError
from workbench.experiments import ride_hailing
from workbench.experiments.marketplace.city import City
from workbench.experiments.marketplace.demand import Demand, draw_riders
from workbench.experiments.queueing import erlang_c_mean_wait, kiefer_wolfowitz_waits
from workbench.runs.sweep import Sweep
from workbench.space import product

if TYPE_CHECKING:
    from workbench.experiments.marketplace import RideMetrics

CONFIDENCE = 0.999
FOREVER = 1e12
# Everything in one place and free of charge, and everybody waits: a queue whose service is the delay of the ride.
ONE_CELL: dict[str, Any] = {
    "city_km": 0.0,
    "rush": 0.0,
    "base_fare": 0.0,
    "per_km": 0.0,
    "wage": 0.0,
    "eta_tolerance": FOREVER,
    "patience": FOREVER,
    "parked": FOREVER,
    "time_off": 0.0,
    "delay": 5.0,
}
SMALL: dict[str, Any] = {"drivers": 20, "riders": 150.0, "hours": 2.0, "city_km": 6.0}


def replicate(number: int, **parameters: Any) -> list[RideMetrics]:
    return [ride_hailing(**parameters, rng=generator(seed)) for seed in range(number)]


def values(rows: list[RideMetrics], metric: str) -> list[float]:
    return [getattr(row, metric) for row in rows]


def interval(numbers: list[float]) -> tuple[float, float]:
    """Give the Student t confidence interval of the mean."""
    low, high = stats.ttest_1samp(numbers, 0.0).confidence_interval(CONFIDENCE)
    return float(low), float(high)


def one_cell(drivers: int, load: float, hours: float, **changes: Any) -> dict[str, Any]:
    """Parameters of the queue with that load for each driver."""
    riders = load * drivers / 5.0 * 60.0 * hours
    return ONE_CELL | {"drivers": drivers, "riders": riders, "hours": hours} | changes


@pytest.mark.parametrize("matching", ["nearest", "cost"])
@pytest.mark.parametrize(("drivers", "load"), [(1, 0.6), (3, 0.75), (8, 0.9), (3, 1.2)])
@pytest.mark.parametrize("warmup", [0.0, 0.25])
def test_in_one_cell_every_wait_is_the_queues(drivers: int, load: float, matching: str, warmup: float) -> None:
    parameters = one_cell(drivers, load, 30.0, matching=matching, warmup=warmup)
    row = ride_hailing(**parameters, rng=generator(drivers))
    demand = Demand(
        riders=parameters["riders"],
        horizon=1800.0,
        start_hour=6.0,
        rush=0.0,
        price_spread=0.5,
        eta_tolerance=FOREVER,
        patience=FOREVER,
        delay=5.0,
    )
    riders = draw_riders(demand, City(side=0.0, speed=25 / 60, centre_share=0.4), generator(drivers))
    waits = kiefer_wolfowitz_waits(riders.arrival, riders.delay, drivers)[riders.arrival >= warmup * 1800.0]
    assert row.riders_counted == row.rides == waits.size > 100
    assert row.match_mean == pytest.approx(waits.mean(), rel=1e-9)
    assert row.match_median == pytest.approx(np.quantile(waits, 0.5), abs=1e-9)
    assert row.match_p90 == pytest.approx(np.quantile(waits, 0.9), abs=1e-9)
    assert row.pickup_p90 == 0


def test_in_one_cell_the_mean_wait_is_erlangs() -> None:
    rows = replicate(40, **one_cell(3, 0.75, 120.0))
    expected = erlang_c_mean_wait(0.75 * 3 / 5, 1 / 5, 3)
    low, high = interval(values(rows, "match_mean"))
    assert low <= expected <= high
    assert high - low < 0.35 * expected
    low, high = interval(values(rows, "utilisation"))
    assert low <= 0.75 <= high
    assert high - low < 0.04


def erlang_a_abandonment(load: float, drivers: int, patience: float) -> float:
    """Compute the share that gives up in M/M/c+M from its birth-death chain; times in mean services.

    C. Palm, "Research on telephone traffic carried by full availability groups", Tele 1 (1957): births at the rate of
    arrivals, deaths by services and by patience that ends.
    """
    weights, waiting = [1.0], [0.0]
    for state in range(1, 600):
        death = min(state, drivers) + max(state - drivers, 0) / patience
        weights.append(weights[-1] * load * drivers / death)
        waiting.append(max(state - drivers, 0))
    queue = sum(w * q for w, q in zip(weights, waiting, strict=True)) / sum(weights)
    return queue / patience / (load * drivers)


@pytest.mark.parametrize(("drivers", "load"), [(2, 0.9), (5, 1.3)])
def test_in_one_cell_as_many_give_up_as_in_the_queue_with_impatience(drivers: int, load: float) -> None:
    rows = replicate(40, **one_cell(drivers, load, 40.0, patience=4.0))
    expected = erlang_a_abandonment(load, drivers, 4.0 / 5.0)
    low, high = interval(values(rows, "abandonment"))
    assert low <= expected <= high
    assert high - low < 0.15 * expected


def test_drivers_everywhere_are_as_near_as_in_a_poisson_field() -> None:
    # P(nearest > r) = exp(-2 density r**2), for the L1 ball of radius r has the area 2 r**2; its mean is
    # sqrt(pi / (8 density)).
    rows = replicate(
        30,
        drivers=4000,
        riders=100.0,
        hours=1.0,
        city_km=10.0,
        centre_share=0.0,
        speed_kmh=60.0,
        time_off=0.0,
        parked=FOREVER,
        base_fare=0.0,
        per_km=0.0,
        wage=0.0,
        eta_tolerance=FOREVER,
    )
    expected = math.sqrt(math.pi / (8 * 40))
    low, high = interval(values(rows, "pickup_mean"))
    # At the edge of the city there are fewer: one rider in twenty has an edge within twice the mean.
    assert low <= expected * 1.03
    assert high >= expected
    assert high - low < 0.15 * expected


@pytest.mark.parametrize(("factor", "spread"), [(1.0, 0.5), (2.0, 0.5), (1.3, 0.2)])
def test_fares_of_taxis_and_more_turn_away_the_share_of_the_log_normal(factor: float, spread: float) -> None:
    rows = replicate(10, **SMALL, base_fare=3.0 * factor, per_km=2.0 * factor, price_spread=spread)
    left, came = sum(row.left_price for row in rows), sum(row.riders_counted for row in rows)
    bounds = stats.binomtest(left, came).proportion_ci(CONFIDENCE)
    assert bounds.low <= stats.norm.cdf(math.log(factor) / spread) <= bounds.high
    assert came > 1000


def test_where_no_driver_is_near_the_eta_is_that_of_the_radius() -> None:
    far = {"drivers": 1, "city_km": 1000.0, "match_radius": 1.0, "speed_kmh": 30.0, "eta_tolerance": 4.0}
    rows = replicate(10, riders=150.0, hours=2.0, base_fare=0.0, per_km=0.0, **far)
    left, came = sum(row.left_eta for row in rows), sum(row.riders_counted for row in rows)
    bounds = stats.binomtest(left, came).proportion_ci(CONFIDENCE)
    assert bounds.low <= 1 - math.exp(-2.0 / 4.0) <= bounds.high
    assert came > 1000


def test_drivers_are_on_duty_for_the_share_of_their_shifts() -> None:
    rows = replicate(40, drivers=50, riders=60.0, hours=6.0, shift=2.0, time_off=1.0, warmup=0.0)
    on_duty = [row.driver_payouts / row.payout_per_hour for row in rows if row.payout_per_hour]
    low, high = interval(on_duty)
    assert low <= 50 * 6 * 2 / 3 <= high
    assert high - low < 20


@pytest.mark.parametrize("how", [{"matching": "nearest"}, {"matching": "cost"}, {"matching": "batched"}])
def test_more_drivers_mean_shorter_waits_and_more_rides(how: dict[str, Any]) -> None:
    fleets = [replicate(12, **SMALL | {"drivers": drivers, "batch_interval": 10.0} | how) for drivers in (10, 25, 60)]
    for fewer, more in itertools.pairwise(fleets):
        for metric in ("match_mean", "pickup_mean", "pickup_p90", "utilisation", "abandonment"):
            assert np.mean(values(more, metric)) < np.mean(values(fewer, metric)), metric
        assert np.mean(values(more, "conversion")) > np.mean(values(fewer, "conversion"))


def test_higher_prices_turn_more_riders_away_of_the_very_same_riders() -> None:
    # Enough drivers, whatever it pays: fewer of them would lower the conversion of cheap rides.
    enough = SMALL | {"drivers": 60, "wage": 0.0}
    rows = [
        [ride_hailing(**enough, per_km=fare, rng=generator(seed)) for fare in (0.8, 1.2, 1.8, 2.5)] for seed in range(8)
    ]
    for by_price in rows:
        assert len({row.riders_counted for row in by_price}) == 1
        left = [row.left_price for row in by_price]
        assert left == sorted(left)
    conversion = np.array([[row.conversion for row in by_price] for by_price in rows]).mean(axis=0)
    assert (np.diff(conversion) < 0).all()


def test_surge_turns_riders_away_and_brings_drivers_nearer() -> None:
    short = SMALL | {"drivers": 12}
    flat, surge = (replicate(20, **short, surge=on, surge_max=3.0) for on in (False, True))
    assert np.mean(values(surge, "left_price")) > np.mean(values(flat, "left_price"))
    assert np.mean(values(surge, "pickup_mean")) < np.mean(values(flat, "pickup_mean"))
    assert np.mean(values(surge, "approach")) < np.mean(values(flat, "approach"))
    assert set(values(flat, "mean_multiplier")) == {1.0}


def test_drivers_who_want_more_decline_more() -> None:
    abandonment = [np.mean(values(replicate(12, **SMALL, wage=wage), "abandonment")) for wage in (0.0, 20.0, 30.0)]
    assert abandonment == sorted(abandonment)
    assert abandonment[-1] > abandonment[0] + 0.2
    (row,) = replicate(1, **SMALL, commission=1.0)
    assert (row.rides, row.driver_payouts) == (0, 0.0)


def test_batches_make_riders_wait_for_the_end_of_the_interval() -> None:
    plenty = SMALL | {"drivers": 200, "matching": "batched", "patience": FOREVER, "time_off": 0.0, "wage": 0.0}
    rows = replicate(20, **plenty, batch_interval=240.0, match_radius=50.0)
    low, high = interval(values(rows, "match_mean"))
    assert low <= 2.0 <= high  # minutes: half the interval
    assert high - low < 0.2


def test_where_nobody_comes_shares_and_times_are_none() -> None:
    row = ride_hailing(riders=1e-9, time_off=0.0, drivers=2, hours=1.0, rng=generator(1))
    assert (row.riders_counted, row.rides, row.fares, row.utilisation) == (0, 0, 0.0, 0.0)
    assert (row.conversion, row.abandonment, row.match_mean, row.pickup_p90, row.mean_multiplier) == (None,) * 5
    assert row.payout_per_hour == 0.0


def test_batched_matching_without_an_interval_is_refused_with_the_rule() -> None:
    with pytest.raises(SweepError, match="batch_interval > 0 where matching is 'batched'") as refused:
        Sweep(ride_hailing, product(matching=["nearest", "batched"]))
    assert [fault.path for fault in refused.value.faults] == ["sweep.fixed.batch_interval"]
    assert "broken by matching='batched', batch_interval=0.0 (its default)" in str(refused.value)
    Sweep(ride_hailing, product(matching=["nearest", "batched"]), fixed={"batch_interval": 5})
    Sweep(ride_hailing, product(matching=["nearest", "cost"]))


def test_surge_that_cannot_rise_is_refused_with_the_rule() -> None:
    with pytest.raises(SweepError, match=r"surge_max > 1 where surge is True, is broken by surge=True, surge_max=1\.0"):
        Sweep(ride_hailing, product(surge=[False, True], surge_max=[1.0, 2.0]))


def test_a_call_of_the_function_says_so_too() -> None:
    with pytest.raises(ValueError, match=r"batch_interval=0 with matching='batched'"):
        ride_hailing(matching="batched", rng=generator(1))
