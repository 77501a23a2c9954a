"""What a ride costs: the fare by distance, and the multiplier where more is asked for than is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SURGE_WINDOW", "Pricing", "Surge"]

SURGE_WINDOW: Final = 10.0
"""Minutes back in which requests count as demand."""


@dataclass(frozen=True)
class Surge:
    """A multiplier of the fare that follows demand and supply around the rider.

    Parameters
    ----------
    maximum : float
        The largest multiplier, at least 1.
    radius : float
        How far around the rider requests and idle drivers count, in km along the streets.
    """

    maximum: float
    radius: float

    def multiplier(self, requests: NDArray[np.float64], idle: NDArray[np.float64]) -> float:
        """Return the multiplier at a place.

        Parameters
        ----------
        requests : ndarray of float
            Distances in km of the requests of the last `SURGE_WINDOW` minutes, that of the rider included.
        idle : ndarray of float
            Distances in km of the drivers; infinite where they are not idle.

        Returns
        -------
        float
            Requests over idle drivers within the radius, from 1 to the maximum.
        """
        wanted = int(np.count_nonzero(requests <= self.radius))
        present = int(np.count_nonzero(idle <= self.radius))
        return min(max(1.0, wanted / present), self.maximum) if present else self.maximum


@dataclass(frozen=True)
class Pricing:
    """Prices in the currency of the city; without `surge` the multiplier is 1.

    Parameters
    ----------
    base_fare, per_km : float
        Of the fare without the multiplier.
    commission : float
        The platform's part of the fare, from 0 to 1; the rest is the driver's.
    surge : Surge, optional
        The multiplier.
    """

    base_fare: float
    per_km: float
    commission: float
    surge: Surge | None

    def fare(self, distance: float, multiplier: float) -> float:
        """Return the fare of a ride of `distance` km."""
        return (self.base_fare + self.per_km * distance) * multiplier
