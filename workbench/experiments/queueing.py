"""The queue with one waiting line and c equal servers (M/M/c), and Erlang's exact answer to check it by.

Parameters and metrics are documented where they are declared: the annotations are read at run time.
"""

import heapq
import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt, Unit
from numpy.typing import NDArray

from workbench.errors import ExperimentError
from workbench.experiments.declare import experiment

__all__ = ["MMcMetrics", "erlang_c_mean_wait", "kiefer_wolfowitz_waits", "lindley_waits", "mmc_queue"]


@dataclass(frozen=True)
class MMcMetrics:
    """What is measured between the end of the warm-up and the horizon."""

    mean_wait: Annotated[
        float | None, Unit("s"), "Mean time in the queue, of the customers counted; none where nobody came."
    ]
    p90_wait: Annotated[
        float | None, Unit("s"), "Nine customers in ten wait no longer than this; none where nobody came."
    ]
    mean_queue_length: Annotated[float, "Time average of the number of customers in the queue, not in service."]
    utilisation: Annotated[float, "Share of the servers' time that is spent serving, from 0 to 1."]
    served: Annotated[int, "Customers counted: those who arrived after the warm-up and before the horizon."]


@experiment(version="1")
def mmc_queue(
    *,
    arrival_rate: Annotated[float, Gt(0), Unit("1/s"), "Mean number of customers who arrive per second."],
    service_rate: Annotated[float, Gt(0), Unit("1/s"), "Customers that one busy server completes per second."] = 1.0,
    servers: Annotated[int, Ge(1), "Number of servers that share the queue."] = 1,
    horizon: Annotated[float, Gt(0), Unit("s"), "Simulated time; nobody arrives after it."] = 1e4,
    warmup: Annotated[float, Ge(0), Lt(1), "Share of the horizon that is simulated, but not measured."] = 0.1,
    rng: np.random.Generator,
) -> MMcMetrics:
    """Simulate a first-come-first-served queue: Poisson arrivals, exponential services, c servers.

    The system starts empty and is simulated exactly, customer by customer. Whoever arrives before the horizon is
    served, if need be after it, so that no wait is cut short. An overloaded system (``arrival_rate >= servers *
    service_rate``) is no error: its queue grows without bound, and the metrics describe the transient up to the
    horizon. Customer k takes the same two draws whatever the parameters are, so common random numbers compare like
    with like. Memory and time grow with ``arrival_rate * horizon``.
    """
    arrivals, services = _draw_customers(arrival_rate, service_rate, horizon, rng)
    waits = lindley_waits(arrivals, services) if servers == 1 else kiefer_wolfowitz_waits(arrivals, services, servers)
    begin = warmup * horizon
    length = horizon - begin
    starts = arrivals + waits
    counted = waits[np.searchsorted(arrivals, begin) :]
    return MMcMetrics(
        mean_wait=float(counted.mean()) if counted.size else None,
        p90_wait=float(np.quantile(counted, 0.9)) if counted.size else None,
        mean_queue_length=_time_within(arrivals, starts, begin, horizon) / length,
        utilisation=_time_within(starts, starts + services, begin, horizon) / (servers * length),
        served=int(counted.size),
    )


def lindley_waits(arrivals: NDArray[np.float64], services: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the waits at a single server, first come first served.

    Parameters
    ----------
    arrivals : ndarray of float, shape (n,)
        Times of arrival, ascending, in seconds.
    services : ndarray of float, shape (n,)
        Service times in seconds, in the same order.

    Returns
    -------
    ndarray of float, shape (n,)
        Time that each customer spends in the queue, in seconds.

    Notes
    -----
    Lindley's recursion ``w[k+1] = max(0, w[k] + s[k] - (t[k+1] - t[k]))``, solved as a random walk less its running
    minimum [1]_.

    References
    ----------
    .. [1] D. V. Lindley, "The theory of queues with a single server", Proc. Cambridge Philos. Soc. 48 (1952) 277-289.

    Examples
    --------
    >>> lindley_waits(np.array([0.0, 1.0, 9.0]), np.array([3.0, 1.0, 1.0])).tolist()
    [0.0, 2.0, 0.0]
    """
    waits = np.zeros_like(arrivals)
    walk = np.cumsum(services[:-1] - np.diff(arrivals))
    waits[1:] = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
    return waits


def kiefer_wolfowitz_waits(
    arrivals: NDArray[np.float64], services: NDArray[np.float64], servers: int
) -> NDArray[np.float64]:
    """Compute the waits at several equal servers with one queue, first come first served.

    Parameters
    ----------
    arrivals : ndarray of float, shape (n,)
        Times of arrival, ascending, in seconds.
    services : ndarray of float, shape (n,)
        Service times in seconds, in the same order.
    servers : int
        Number of servers, at least 1.

    Returns
    -------
    ndarray of float, shape (n,)
        Time that each customer spends in the queue, in seconds.

    Notes
    -----
    The recursion of Kiefer and Wolfowitz [1]_, with the sorted vector of workloads kept as a heap of the times at
    which the servers become free.

    References
    ----------
    .. [1] J. Kiefer and J. Wolfowitz, "On the theory of queues with many servers", Trans. Amer. Math. Soc. 78 (1955)
       1-18.

    Examples
    --------
    >>> kiefer_wolfowitz_waits(np.array([0.0, 1.0, 2.0]), np.array([9.0, 4.0, 1.0]), servers=2).tolist()
    [0.0, 0.0, 3.0]
    """
    # More servers than customers never matter, and need not be stored.
    free_at = [0.0] * min(servers, max(len(arrivals), 1))
    starts = []
    for arrival, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        start = max(arrival, free_at[0])
        heapq.heapreplace(free_at, start + service)
        starts.append(start)
    return np.array(starts, dtype=np.float64) - arrivals


def erlang_c_mean_wait(arrival_rate: float, service_rate: float, servers: int) -> float:
    """Compute the stationary mean time in the queue of M/M/c by Erlang's C formula.

    Parameters
    ----------
    arrival_rate : float
        Mean number of customers who arrive per second, positive.
    service_rate : float
        Customers that one busy server completes per second, positive.
    servers : int
        Number of servers, at least 1.

    Returns
    -------
    float
        Mean wait in seconds.

    Raises
    ------
    ExperimentError
        If the queue has no stationary state, or an argument is out of its range.

    Notes
    -----
    With offered load ``a = arrival_rate / service_rate``, the recursion ``B(k) = a B(k-1) / (k + a B(k-1))`` gives
    Erlang's B without factorials; then ``C = B / (1 - a/c (1 - B))`` is the probability of waiting, and the mean wait
    is ``C / (c * service_rate - arrival_rate)`` [1]_.

    References
    ----------
    .. [1] D. Gross, J. F. Shortle, J. M. Thompson and C. M. Harris, "Fundamentals of Queueing Theory", 4th ed.,
       Wiley 2008, chapter 2 (the M/M/c and M/M/c/c queues).

    Examples
    --------
    >>> erlang_c_mean_wait(arrival_rate=0.5, service_rate=1.0, servers=1)
    1.0
    """
    if servers < 1 or not 0 < arrival_rate < servers * service_rate:
        raise ExperimentError(
            f"no stationary wait for arrival_rate={arrival_rate}, service_rate={service_rate}, servers={servers}: "
            "choose servers >= 1 and 0 < arrival_rate < servers * service_rate"
        )
    load = arrival_rate / service_rate
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    waiting = blocked / (1.0 - load / servers * (1.0 - blocked))
    return waiting / (servers * service_rate - arrival_rate)


def _draw_customers(
    arrival_rate: float, service_rate: float, horizon: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    expected = arrival_rate * horizon
    # One pair per customer: the stream of pairs does not depend on the sizes of the blocks it is drawn in.
    draws = rng.standard_exponential((int(expected) + 1, 2))
    while (arrivals := np.cumsum(draws[:, 0]) / arrival_rate)[-1] < horizon:
        draws = np.concatenate([draws, rng.standard_exponential((int(3.0 * math.sqrt(expected)) + 4, 2))])
    customers = np.searchsorted(arrivals, horizon)
    return arrivals[:customers], draws[:customers, 1] / service_rate


def _time_within(starts: NDArray[np.float64], ends: NDArray[np.float64], begin: float, end: float) -> float:
    overlap = np.minimum(ends, end) - np.maximum(starts, begin)
    return float(np.maximum(overlap, 0.0).sum())
