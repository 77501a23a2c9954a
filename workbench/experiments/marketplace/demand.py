"""The riders: when they open the app, where they go, what they would pay and how long they would wait.

All is drawn before the simulation begins, each rider the same number of draws: with common random numbers the same
riders meet other prices, drivers or rules of matching.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.experiments.marketplace.city import DRAWS_PER_PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.experiments.marketplace.city import City

__all__ = ["Demand", "Riders", "arrival_times", "draw_riders"]

TAXI_BASE: Final = 3.0
TAXI_PER_KM: Final = 2.0
_RUSH_HOURS: Final = (8.0, 18.0)
_MINUTES_PER_STEP: Final = 1.0


@dataclass(frozen=True)
class Demand:
    """What the riders of a day are drawn from; times in minutes.

    Parameters
    ----------
    riders : float
        Mean number of riders who open the app.
    horizon : float
        Length of the simulated time.
    start_hour : float
        Time of day at which it begins, in hours.
    rush : float
        How many times the traffic of a quiet hour is added at the height of a rush hour.
    price_spread : float
        Standard deviation of the logarithm of what riders would pay.
    eta_tolerance, patience : float
        Means of the longest ETA that riders accept, and of the time that they wait for a driver.
    delay : float
        Mean time that a ride takes beyond its distance.
    """

    riders: float
    horizon: float
    start_hour: float
    rush: float
    price_spread: float
    eta_tolerance: float
    patience: float
    delay: float


@dataclass(frozen=True)
class Riders:
    """Riders in the order in which they open the app, one element each; times in minutes, lengths in km.

    `mean_delay` is what drivers expect of every `delay`.
    """

    arrival: NDArray[np.float64]
    origin: NDArray[np.float64]
    destination: NDArray[np.float64]
    distance: NDArray[np.float64]
    delay: NDArray[np.float64]
    willingness: NDArray[np.float64]
    eta_tolerance: NDArray[np.float64]
    patience: NDArray[np.float64]
    mean_delay: float


def draw_riders(demand: Demand, city: City, rng: np.random.Generator) -> Riders:
    """Draw the riders of a day.

    Parameters
    ----------
    demand : Demand
        What they are drawn from.
    city : City
        Where they are.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Riders

    Notes
    -----
    Riders are a Poisson process, of constant or of varying intensity. What a rider would pay is log-normal, its median
    the fare of a taxi, ``3 + 2 per km``; the ETA that is still accepted, the patience and the delay are exponential.
    """
    count = int(rng.poisson(demand.riders))
    uniforms = rng.random((count, 1 + 2 * DRAWS_PER_PLACE))
    times = rng.standard_exponential((count, 3))
    origin = city.places(uniforms[:, 1 : 1 + DRAWS_PER_PLACE])
    destination = city.places(uniforms[:, 1 + DRAWS_PER_PLACE :])
    distance = np.abs(destination - origin).sum(axis=1)
    return Riders(
        arrival=arrival_times(np.sort(uniforms[:, 0]), demand),
        origin=origin,
        destination=destination,
        distance=distance,
        delay=demand.delay * times[:, 0],
        willingness=(TAXI_BASE + TAXI_PER_KM * distance) * np.exp(demand.price_spread * rng.standard_normal(count)),
        eta_tolerance=demand.eta_tolerance * times[:, 1],
        patience=demand.patience * times[:, 2],
        mean_delay=demand.delay,
    )


def arrival_times(uniforms: NDArray[np.float64], demand: Demand) -> NDArray[np.float64]:
    """Spread arrivals over the day by the inverse of the cumulative intensity.

    Parameters
    ----------
    uniforms : ndarray of float, shape (n,)
        From 0 to 1; the order is kept.
    demand : Demand
        Its time of day and its rush hours.

    Returns
    -------
    ndarray of float, shape (n,)
        Minutes since the beginning.

    Notes
    -----
    At h o'clock the intensity is proportional to ``1 + rush * (g(h - 8) + g(h - 18))``, with ``g(x) = exp(-x**2 / 2)``
    and differences taken around the clock; it is integrated by the trapezium rule in steps of a minute.
    """
    steps = int(np.ceil(demand.horizon / _MINUTES_PER_STEP))
    grid = np.linspace(0.0, demand.horizon, steps + 1)
    hours = demand.start_hour + grid / 60.0
    apart = [(hours - peak + 12.0) % 24.0 - 12.0 for peak in _RUSH_HOURS]
    intensity = 1.0 + demand.rush * np.exp(-0.5 * np.square(apart)).sum(axis=0)
    cumulative = np.concatenate([[0.0], np.cumsum(intensity[1:] + intensity[:-1])])
    times: NDArray[np.float64] = np.interp(uniforms * cumulative[-1], cumulative, grid)
    return times
