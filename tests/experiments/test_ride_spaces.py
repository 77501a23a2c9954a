"""The ready-made sweeps: each is one that the experiment takes, and every part of them can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from workbench.analysis.score import pareto, rank
from workbench.errors import ExperimentError, SweepError
from workbench.experiments import ride_hailing, ride_spaces
from workbench.experiments.ride_spaces import HEALTH, health, matching, minimal, pricing, supply_demand, surge
from workbench.runs.connect import serial
from workbench.runs.sweep import Sweep
from workbench.space import linspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ready = Callable[..., ride_spaces.RideSweep]


@pytest.mark.parametrize(
    ("ready", "points"), [(minimal, 6), (pricing, 54), (surge, 24), (matching, 15), (supply_demand, 24)]
)
def test_every_ready_made_sweep_is_sound(ready: Ready, points: int) -> None:
    sweep = Sweep(ride_hailing, **ready())
    assert sweep.n_points == points
    assert Sweep(ride_hailing, **ready()).document == sweep.document


def test_axes_and_values_are_changed_by_name() -> None:
    changed = pricing(per_km=1.0, drivers=[40, 80], hours=8.0, commission=linspace(0.1, 0.3, 5))
    assert changed["space"].names == ("base_fare", "commission", "drivers")
    assert changed["space"].size == 3 * 5 * 2
    assert changed["fixed"] == {"per_km": 1.0, "hours": 8.0}
    assert minimal(city_km=np.array([3.0, 6.0]))["space"].names == ("drivers", "per_km", "city_km")
    assert matching(matching="cost")["fixed"] == {"batch_interval": 20.0, "matching": "cost"}


def test_no_point_of_the_nearest_comes_twice_under_another_weight() -> None:
    for sweep in (matching(), matching(eta_weight=[0.2, 0.6, 0.4], match_radius=3.0)):
        largest = max(point["eta_weight"] for point in sweep["space"])
        assert {point["eta_weight"] for point in sweep["space"] if point["matching"] == "nearest"} == {largest}
        assert len({point["eta_weight"] for point in sweep["space"] if point["matching"] == "batched"}) > 1
    assert matching(eta_weight=0.5)["space"].size == 9
    assert matching(matching=["cost", "batched"])["space"].size == 12


def test_what_breaks_a_rule_is_refused_here_too() -> None:
    with pytest.raises(SweepError, match="batch_interval > 0 where matching is 'batched'"):
        Sweep(ride_hailing, **matching(batch_interval=0.0))


def test_something_must_vary() -> None:
    with pytest.raises(ExperimentError, match="no axis is left"):
        minimal(drivers=1, per_km=1.0)


def test_weights_are_those_of_the_score_and_can_be_changed() -> None:
    assert {name: weight for name, (_, weight) in health().items()} == {
        "conversion": 0.30,
        "platform_revenue": 0.25,
        "driver_payouts": 0.15,
        "match_mean": 0.15,
        "pickup_mean": 0.15,
        "abandonment": 0.20,
    }
    others = {name: goal for name, goal in HEALTH.items() if name != "abandonment"}
    assert health(conversion=1.0, abandonment=0) == others | {"conversion": ("max", 1.0)}
    with pytest.raises(ExperimentError, match="'conversions' is not part of the score; did you mean 'conversion'"):
        health(conversions=1.0)


def test_the_order_is_that_of_the_score_less_the_penalty() -> None:
    rng = np.random.default_rng(5)
    means = pd.DataFrame(rng.random((20, len(HEALTH))), columns=list(HEALTH))
    tidy = means.assign(drivers=range(20)).melt(id_vars="drivers", var_name="metric", value_name="mean")
    order = rank(tidy, health()).drivers.tolist()
    scaled = (means - means.min()) / (means.max() - means.min())
    parts = {name: scaled[name] if goal == "max" else 1 - scaled[name] for name, (goal, _) in HEALTH.items()}
    gains = sum(HEALTH[name][1] * parts[name] for name in HEALTH if name != "abandonment")
    score = gains - HEALTH["abandonment"][1] * scaled["abandonment"]
    assert order == score.sort_values(ascending=False).index.tolist()


def test_a_run_of_the_minimal_sweep_is_ranked_by_health(tmp_path: Path) -> None:
    run = serial(tmp_path).submit(Sweep(ride_hailing, **minimal(), replicates=4, seed=1))
    assert run.status().rows.succeeded == 24
    ranked = run.rank(health())
    assert ranked["rank"].tolist()[0] == 1
    assert len(ranked) == 6
    assert set(HEALTH) <= set(ranked.columns)
    assert pareto(run.aggregate(by=["drivers", "per_km"], metrics=list(HEALTH)), health())["efficient"].any()
