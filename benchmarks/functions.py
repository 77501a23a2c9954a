"""The work of every load as plain functions: what a researcher has before choosing a tool, and what the peers call.

Everything is numpy and the standard library, so that a worker of a peer imports nothing of the workbench.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SEED", "lyapunov", "option_prices", "queue_wait", "seeded_option", "simulated_option"]

SEED = 7
_SERVERS = tuple(range(1, 39))
_DRAWS = 41_500
_ITERATIONS = 630_000
# Abramowitz and Stegun, 7.1.26: numpy itself has no error function.
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


def queue_wait(arrival_rate: float, service_rate: float) -> tuple[float, float]:
    """W1, about 2 µs: mean wait and probability of waiting in an M/M/c queue, by Erlang's recursion."""
    offered = arrival_rate / service_rate
    blocked = 1.0
    for servers in _SERVERS:
        carried = offered * blocked
        blocked = carried / (servers + carried)
    idle = 1.0 - offered / servers
    waiting = blocked / (1.0 - (1.0 - blocked) * (1.0 - idle))
    return waiting / (servers * service_rate * idle), waiting


def simulated_option(volatility: float, strike: float, rng: np.random.Generator) -> tuple[float, float]:
    """W2, about 1 ms: price of a European call by Monte Carlo, and its standard error."""
    logarithm = volatility * rng.standard_normal(_DRAWS) - volatility**2 / 2
    payoff = np.maximum(np.exp(logarithm) - strike, 0.0)
    return float(payoff.mean()), float(payoff.std()) / math.sqrt(_DRAWS)


def seeded_option(volatility: float, strike: float, row: int) -> tuple[float, float]:
    """W2 as the peers call it: a generator for each row, as numpy's page on parallel generation makes them."""
    return simulated_option(volatility, strike, np.random.Generator(np.random.Philox([row, SEED])))


def lyapunov(growth: float, start: float) -> tuple[float, float]:
    """W3, about 100 ms of pure Python: Lyapunov exponent of the logistic map, and where the orbit ends."""
    x, total = start, 0.0
    for _ in range(_ITERATIONS):
        x = growth * x * (1.0 - x)
        total += math.log(abs(growth * (1.0 - 2.0 * x)) + 1e-300)
    return total / _ITERATIONS, x


def option_prices(
    spot: NDArray[np.float64], volatility: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """W5, vectorized: Black-Scholes price and delta of a call with strike 1 and a year to go."""
    upper = np.log(spot) / volatility + volatility / 2
    delta = _normal_cdf(upper)
    return spot * delta - _normal_cdf(upper - volatility), delta


def _normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled = np.abs(x) * math.sqrt(0.5)
    t = 1.0 / (1.0 + 0.3275911 * scaled)
    polynomial = np.zeros_like(t)
    for coefficient in reversed(_ERF):
        polynomial = (polynomial + coefficient) * t
    tail: NDArray[np.float64] = 0.5 * polynomial * np.exp(-scaled * scaled)
    return np.where(x < 0, tail, 1.0 - tail)
