"""A ride-hailing marketplace on a city grid: riders ask, compare, wait and are driven; drivers roam, drive and rest.

Parameters and metrics are documented where they are declared: the annotations are read at run time. The model's parts:
`city` (places and distances), `demand` (the riders), `fleet` (the drivers), `pricing`, `matching`, `market` (the event
loop) and `metrics`.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, Unit

from workbench.experiments.declare import experiment
from workbench.experiments.marketplace.city import City
from workbench.experiments.marketplace.demand import Demand, draw_riders
from workbench.experiments.marketplace.fleet import Fleet, Habits
from workbench.experiments.marketplace.market import Market
from workbench.experiments.marketplace.matching import Matching
from workbench.experiments.marketplace.metrics import RideMetrics, measure
from workbench.experiments.marketplace.pricing import Pricing, Surge
from workbench.experiments.rules import requires

__all__ = ["RideMetrics", "ride_hailing"]


@experiment(
    version="1",
    rules=[
        requires("batch_interval", gt=0, when={"matching": "batched"}),
        requires("surge_max", gt=1, when={"surge": True}),
    ],
)
def ride_hailing(  # noqa: PLR0913 -- a parameter for everything that can be swept
    *,
    drivers: Annotated[int, Ge(1), "Number of drivers, on and off duty."] = 60,
    riders: Annotated[float, Gt(0), "Mean number of riders who open the app."] = 600.0,
    hours: Annotated[float, Gt(0), Unit("h"), "Simulated time; nobody opens the app after it."] = 4.0,
    base_fare: Annotated[float, Ge(0), Unit("EUR"), "Fare of a ride before its distance."] = 2.5,
    per_km: Annotated[float, Ge(0), Unit("EUR/km"), "Fare of every km of a ride."] = 1.2,
    commission: Annotated[float, Ge(0), Le(1), "The platform's part of the fare."] = 0.25,
    surge: Annotated[bool, "Whether fares follow demand and supply around the rider."] = False,
    surge_max: Annotated[float, Ge(1), "Largest multiplier of the fare."] = 2.0,
    surge_radius: Annotated[float, Gt(0), Unit("km"), "How far around the rider demand and supply count."] = 3.0,
    wage: Annotated[
        float, Ge(0), Unit("EUR/h"), "Drivers decline rides that pay less by the hour, the way to the rider included."
    ] = 15.0,
    match_radius: Annotated[float, Gt(0), Unit("km"), "Drivers farther away than this are not matched."] = 4.0,
    matching: Annotated[
        Literal["nearest", "cost", "batched"],
        "The nearest at once, the cheapest pair at once, or the cheapest assignment of all who wait.",
    ] = "nearest",
    batch_interval: Annotated[float, Ge(0), Unit("s"), "Time between assignments where matching is batched."] = 0.0,
    eta_weight: Annotated[
        float, Ge(0), Le(1), "Weight of the pick-up's minutes against those waited; not where matching is nearest."
    ] = 0.8,
    city_km: Annotated[float, Ge(0), Unit("km"), "Side of the city, a square."] = 10.0,
    speed_kmh: Annotated[float, Gt(0), Unit("km/h"), "Speed of every car."] = 25.0,
    centre_share: Annotated[float, Ge(0), Le(1), "Share of rides' ends that lie in the central ninth."] = 0.4,
    start_hour: Annotated[float, Ge(0), Lt(24), Unit("h"), "Time of day at which it begins."] = 6.0,
    rush: Annotated[float, Ge(0), "Additional demand at 8 and at 18 o'clock, in that of a quiet hour."] = 1.0,
    price_spread: Annotated[float, Ge(0), "Standard deviation of the logarithm of what riders would pay."] = 0.5,
    eta_tolerance: Annotated[float, Gt(0), Unit("min"), "Mean of the longest ETA that riders accept."] = 15.0,
    patience: Annotated[float, Gt(0), Unit("min"), "Mean time that riders wait for a driver."] = 6.0,
    delay: Annotated[float, Ge(0), Unit("min"), "Mean time that a ride takes beyond its distance."] = 3.0,
    parked: Annotated[float, Gt(0), Unit("min"), "Mean time that idle drivers stand before they drive on."] = 8.0,
    shift: Annotated[float, Gt(0), Unit("h"), "Mean time on duty."] = 4.0,
    time_off: Annotated[float, Ge(0), Unit("h"), "Mean time between shifts; drivers never leave where it is 0."] = 1.0,
    warmup: Annotated[float, Ge(0), Lt(1), "Share of the time that is simulated, but not measured."] = 0.1,
    rng: np.random.Generator,
) -> RideMetrics:
    """Simulate a ride-hailing marketplace on a city grid, rider by rider and driver by driver.

    A rider opens the app, sees a fare and an ETA, and leaves or orders. Who ordered waits for a driver, and gives up
    when the patience ends; who is matched stays. Idle drivers stand, or drive to where rides begin; they take the next
    rider whose ride pays their wage, and go off duty between rides. A rider who waits is looked at again whenever a
    driver comes to a place or on duty, or at the next batch. Everybody who asks before the horizon is followed to the
    end. The riders are drawn first, and alike whatever prices, drivers and matching are: common random numbers compare
    those on the same riders.

    In a city without extent, prices, wages, time off or limits to patience this is the queue M/M/c.

    Raises
    ------
    ValueError
        If matching is batched and the interval is 0.
    """
    if matching == "batched" and not batch_interval:
        raise ValueError("batch_interval=0 with matching='batched': choose an interval above 0 seconds")
    horizon = 60.0 * hours
    city = City(side=city_km, speed=speed_kmh / 60.0, centre_share=centre_share)
    demand = Demand(
        riders=riders,
        horizon=horizon,
        start_hour=start_hour,
        rush=rush,
        price_spread=price_spread,
        eta_tolerance=eta_tolerance,
        patience=patience,
        delay=delay,
    )
    drawn = draw_riders(demand, city, rng)
    fleet = Fleet(drivers, city, Habits(parked=parked, shift=60.0 * shift, off=60.0 * time_off), rng)
    market = Market(
        drawn,
        fleet,
        Pricing(base_fare, per_km, commission, Surge(surge_max, surge_radius) if surge else None),
        Matching(
            radius=match_radius,
            wage=wage / 60.0,
            eta_weight=1.0 if matching == "nearest" else eta_weight,
            speed=city.speed,
            interval=batch_interval / 60.0 if matching == "batched" else 0.0,
        ),
        horizon=horizon,
    )
    return measure(drawn, market.run(), begin=warmup * horizon, horizon=horizon, commission=commission)
