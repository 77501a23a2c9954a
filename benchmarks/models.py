"""The work of every load as experiments of the workbench; it is found here by name, as a researcher's own would be."""

from dataclasses import dataclass

import numpy as np

from benchmarks import functions
from workbench.experiments import experiment

__all__ = ["lyapunov", "option_prices", "queue_wait", "simulated_option"]


@dataclass(frozen=True)
class Queue:
    """Metrics of W1."""

    wait: float
    waiting: float


@dataclass(frozen=True)
class Estimate:
    """Metrics of W2."""

    price: float
    error: float


@dataclass(frozen=True)
class Orbit:
    """Metrics of W3."""

    exponent: float
    end: float


@dataclass(frozen=True)
class Prices:
    """Metrics of W5: arrays."""

    price: float
    delta: float


@experiment(version="1")
def queue_wait(*, arrival_rate: float, service_rate: float) -> Queue:
    """W1: an M/M/c queue in closed form."""
    return Queue(*functions.queue_wait(arrival_rate, service_rate))


@experiment(version="1")
def simulated_option(*, volatility: float, strike: float, rng: np.random.Generator) -> Estimate:
    """W2: a call option by Monte Carlo."""
    return Estimate(*functions.simulated_option(volatility, strike, rng))


@experiment(version="1")
def lyapunov(*, growth: float, start: float) -> Orbit:
    """W3: the Lyapunov exponent of the logistic map."""
    return Orbit(*functions.lyapunov(growth, start))


@experiment(version="1", vectorized=True)
def option_prices(*, spot: float, volatility: float) -> Prices:
    """W5: the Black-Scholes formula over arrays."""
    return Prices(*functions.option_prices(spot, volatility))  # type: ignore[arg-type] # arrays: vectorized
