"""Days of the marketplace for tests: any parameters of it, and what became of every rider and driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from workbench.experiments import marketplace, ride_hailing

if TYPE_CHECKING:
    from workbench.experiments.marketplace.demand import Riders
    from workbench.experiments.marketplace.market import Ledger


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def day(seed: int, **parameters: Any) -> tuple[Riders, Ledger]:
    """Simulate a day, and return what it is measured from."""
    kept: list[tuple[Riders, Ledger]] = []
    measure = marketplace.measure

    def keep(riders: Riders, ledger: Ledger, **how: Any) -> marketplace.RideMetrics:
        kept.append((riders, ledger))
        return measure(riders, ledger, **how)

    with patch.object(marketplace, "measure", keep):
        ride_hailing(**parameters, rng=generator(seed))
    return kept[0]


def day_parameters() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "drivers": st.integers(1, 25),
            "riders": st.floats(0.5, 120.0),
            "hours": st.floats(0.1, 5.0),
            "base_fare": st.floats(0.0, 8.0),
            "per_km": st.floats(0.0, 3.0),
            "commission": st.floats(0.0, 1.0),
            "surge": st.booleans(),
            "surge_max": st.floats(1.0, 5.0),
            "surge_radius": st.floats(0.1, 9.0),
            "wage": st.floats(0.0, 30.0),
            "match_radius": st.floats(0.1, 20.0),
            "matching": st.sampled_from(["nearest", "cost", "batched"]),
            "batch_interval": st.floats(1.0, 600.0),
            "eta_weight": st.floats(0.0, 1.0),
            "city_km": st.floats(0.0, 15.0),
            "centre_share": st.floats(0.0, 1.0),
            "start_hour": st.floats(0.0, 23.9),
            "rush": st.floats(0.0, 5.0),
            "delay": st.floats(0.0, 10.0),
            "parked": st.floats(0.5, 60.0),
            "patience": st.floats(0.1, 60.0),
            "time_off": st.floats(0.0, 3.0),
            "warmup": st.floats(0.0, 0.9),
        }
    )
