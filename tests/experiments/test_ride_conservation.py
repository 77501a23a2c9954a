"""Nothing is lost and nobody is in two places, whatever the parameters: riders, drivers, money and time."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ride_days import day, day_parameters, generator
from workbench.experiments import ride_hailing
from workbench.experiments.marketplace.market import End

FOREVER = 1e12
LAST_BITS = 1e-9


@given(parameters=day_parameters(), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_riders_money_and_time_are_conserved_and_rows_reproducible(parameters: dict[str, Any], seed: int) -> None:
    row = ride_hailing(**parameters, rng=generator(seed))
    assert row.riders_counted == row.rides + row.left_price + row.left_eta + row.left_patience
    assert row.fares == pytest.approx(row.platform_revenue + row.driver_payouts)
    assert (row.match_mean is None) == (row.pickup_p90 is None) == (row.rides == 0)
    assert 1 <= (row.mean_multiplier or 1) <= (parameters["surge_max"] if parameters["surge"] else 1) + 1e-9
    if row.utilisation is not None and row.approach is not None:
        assert 0 <= row.utilisation + row.approach <= 1 + 1e-9
    if row.match_median is not None and row.match_p90 is not None:
        assert 0 <= row.match_median <= row.match_p90
    assert asdict(row) == asdict(ride_hailing(**parameters, rng=generator(seed)))


@given(parameters=day_parameters(), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_every_rider_ends_in_one_state_as_the_quote_and_the_wait_say(parameters: dict[str, Any], seed: int) -> None:
    riders, ledger = day(seed, **parameters)
    fare, matched, picked_up, dropped_off = map(
        np.array, (ledger.fare, ledger.matched, ledger.picked_up, ledger.dropped_off)
    )
    ends = np.array(ledger.end, dtype=int)
    assert set(ends.tolist()) <= {End.DRIVEN, End.PRICE, End.ETA, End.PATIENCE}
    assert ((ends == End.PRICE) == (fare > riders.willingness)).all()
    driven = ends == End.DRIVEN
    for known in (np.array(ledger.driver) >= 0, ~np.isnan(matched), ~np.isnan(picked_up), ~np.isnan(dropped_off)):
        assert (known == driven).all()
    waited, way = (matched - riders.arrival)[driven], (picked_up - matched)[driven]
    assert ((waited >= 0) & (waited <= riders.patience[driven] + LAST_BITS)).all()
    speed = 25.0 / 60.0
    assert ((way >= 0) & (way <= parameters["match_radius"] / speed + LAST_BITS)).all()
    ride = riders.distance / speed
    np.testing.assert_allclose((dropped_off - picked_up)[driven], (ride + riders.delay)[driven], atol=LAST_BITS)
    payout = (1.0 - parameters["commission"]) * fare[driven]
    least = parameters["wage"] / 60.0 * (way + (ride + riders.mean_delay)[driven])
    assert (payout >= least - LAST_BITS).all()


@given(parameters=day_parameters(), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_a_driver_has_one_rider_at_a_time_and_only_on_duty(parameters: dict[str, Any], seed: int) -> None:
    _, ledger = day(seed, **parameters)
    trips: dict[int, list[tuple[float, float]]] = {driver: [] for driver in range(parameters["drivers"])}
    for driver, begin, end in zip(ledger.driver, ledger.matched, ledger.dropped_off, strict=True):
        if driver >= 0:
            trips[driver].append((begin, end))
    for driver, of_driver in trips.items():
        of_driver.sort()
        duty = sorted((begin, end) for one, begin, end in ledger.duty if one == driver)
        for times in (of_driver, duty):
            assert all(before[1] <= after[0] for before, after in pairwise(times))
        assert all(any(on <= begin and end <= off for on, off in duty) for begin, end in of_driver)


@pytest.mark.parametrize("matching", ["nearest", "batched"])
def test_riders_whom_no_driver_takes_give_up_however_patient_they_are(matching: str) -> None:
    row = ride_hailing(matching=matching, batch_interval=20.0, commission=1.0, patience=FOREVER, rng=generator(1))
    assert row.rides == 0
    assert row.left_patience == row.riders_counted - row.left_price - row.left_eta > 0
    assert row.abandonment == 1.0
