"""Who drives whom: the price of a pair, the best partner for one, and the best assignment of many to many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Matching", "assign"]


@dataclass(frozen=True)
class Matching:
    """How pairs of a rider and a driver are compared.

    Parameters
    ----------
    radius : float
        Drivers farther away than this are not considered, in km along the streets.
    wage : float
        Drivers decline a ride that pays less by the minute, the way to the rider included.
    eta_weight : float
        Weight of the minutes to the rider, from 0 to 1, against the minutes for which the two have waited; 1 takes
        whoever is nearest.
    speed : float
        Of the cars, in km per minute.
    interval : float
        Minutes between assignments; 0 where every rider is matched at once.
    """

    radius: float
    wage: float
    eta_weight: float
    speed: float
    interval: float

    def reach(self, payout: float, minutes: float) -> float:
        """Return from how far away a rider finds a driver.

        Parameters
        ----------
        payout : float
            What the ride pays the driver.
        minutes : float
            What it takes without the way to the rider, as drivers expect it.

        Returns
        -------
        float
            In km; negative where the ride pays no driver.
        """
        return min(self.radius, self.speed * (payout / self.wage - minutes)) if self.wage else self.radius

    def costs(self, distances: Floats, waited: Floats, reach: Floats | float) -> Floats:
        """Compute what pairs cost, the cheaper the better.

        Parameters
        ----------
        distances : ndarray of float
            Between driver and rider in km.
        waited : ndarray of float
            Minutes that the rider has waited and the driver has been idle, together; of a shape that broadcasts.
        reach : ndarray of float
            The riders' own, of a shape that broadcasts.

        Returns
        -------
        ndarray of float
            ``eta_weight * distances / speed - (1 - eta_weight) * waited``, infinite beyond the reach.
        """
        beyond = distances > reach
        costs: Floats = (self.eta_weight / self.speed) * np.where(beyond, 0.0, distances)
        if self.eta_weight < 1.0:
            costs -= (1.0 - self.eta_weight) * waited
        costs[beyond] = math.inf
        return costs

    def best(self, distances: Floats, waited: Floats, reach: Floats | float) -> int | None:
        """Return the position of the cheapest partner, the first among equals; None where nobody is in reach."""
        costs = self.costs(distances, waited, reach)
        place = int(costs.argmin())
        return place if costs[place] < math.inf else None


def assign(costs: Floats) -> list[tuple[int, int]]:
    """Pair as many rows with columns as can be, and among such pairings choose the cheapest.

    Parameters
    ----------
    costs : ndarray of float, shape (n, m)
        Cost of every pair; infinite where it is impossible.

    Returns
    -------
    list of tuple of int
        Row and column of every pair, by rows.

    Notes
    -----
    The linear assignment problem, solved by the shortest augmenting paths of Jonker and Volgenant [1]_ in the package
    ``lap``. Impossible pairs cost more than all that can be saved elsewhere, and are taken out of the solution.

    References
    ----------
    .. [1] R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
       problems", Computing 38 (1987) 325-340.

    Examples
    --------
    >>> assign(np.array([[1.0, 2.0], [1.0, 5.0]]))
    [(0, 1), (1, 0)]
    """
    n, m = costs.shape
    if n > m:
        return sorted((row, column) for column, row in assign(costs.T))
    # The n cheapest partners of each row hold a best assignment: whoever has a dearer one could change to a free one.
    columns = np.unique(np.argsort(costs, axis=1, kind="stable")[:, :n])
    costs = costs[:, columns]
    possible = np.isfinite(costs)
    if not possible.any():
        return []
    from lap import lapjv  # noqa: PLC0415 -- compiled code that only batches need

    least, largest = costs[possible].min(), costs[possible].max()
    impossible = largest + n * (largest - least) + 1.0
    _, chosen, _ = lapjv(np.where(possible, costs, impossible), extend_cost=True)
    pairs = [(row, column) for row, column in enumerate(chosen.tolist()) if possible[row, column]]
    return [(row, int(columns[column])) for row, column in pairs]
