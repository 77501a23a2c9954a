"""The city: a square with a fine grid of streets, where places lie in it, and how far they are from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DRAWS_PER_PLACE", "City"]

DRAWS_PER_PLACE: Final = 3
"""Uniform numbers that one place takes, wherever it comes to lie."""

_CENTRE_SIDE: Final = 1.0 / 3.0  # of the city's side


@dataclass(frozen=True)
class City:
    """A square of streets that run along its sides; distances are measured along the streets (the L1 norm).

    Parameters
    ----------
    side : float
        Length of its sides in km; in a city of side 0 everything is in one place.
    speed : float
        Speed of every car in km per minute.
    centre_share : float
        Share of the places that lie in the centre, a square of a third of the side; the others lie anywhere.
    """

    side: float
    speed: float
    centre_share: float

    def places(self, uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn uniform numbers into places.

        Parameters
        ----------
        uniforms : ndarray of float, shape (n, 3)
            From 0 to 1.

        Returns
        -------
        ndarray of float, shape (n, 2)
            Coordinates in km, from 0 to `side`.
        """
        central = uniforms[:, :1] < self.centre_share
        within = uniforms[:, 1:]
        places: NDArray[np.float64] = self.side * np.where(central, 0.5 + _CENTRE_SIDE * (within - 0.5), within)
        return places

    def minutes(self, distance: float) -> float:
        """Return how long a car takes for a distance in km, in minutes."""
        return distance / self.speed
