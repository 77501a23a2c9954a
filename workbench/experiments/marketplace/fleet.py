"""The drivers: where each of them is, whether idle, busy or off duty, and for how long they were on duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.experiments.marketplace.city import DRAWS_PER_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.experiments.marketplace.city import City

    Floats = NDArray[np.float64]

__all__ = ["Fleet", "Habits"]


@dataclass(frozen=True)
class Habits:
    """What drivers do on their own, all times exponential, in minutes.

    Parameters
    ----------
    parked : float
        Mean time that an idle driver stands before driving on to where rides begin.
    shift, off : float
        Mean time on duty and between two shifts; drivers with ``off = 0`` are always on duty.
    """

    parked: float
    shift: float
    off: float


class Fleet:
    """Every driver's place and state; times in minutes, lengths in km.

    A driver who moves does so at constant speed, on the stairs of the grid that follow the straight line: the time is
    that of the distance along the streets.

    Parameters
    ----------
    drivers : int
        How many there are.
    city : City
        Where they are.
    habits : Habits
        What they do on their own.
    rng : numpy.random.Generator
        Source of randomness.
    """

    def __init__(self, drivers: int, city: City, habits: Habits, rng: np.random.Generator) -> None:
        self.idle = np.zeros(drivers, dtype=np.bool_)
        self.idle_since = np.zeros(drivers)
        self.driving = [False] * drivers
        self.leaving = [False] * drivers
        self.duty: list[tuple[int, float, float]] = []
        self._on_since: list[float | None] = [None] * drivers
        self._city = city
        self._habits = habits
        self._rng = rng
        places = city.places(rng.random((drivers, DRAWS_PER_PLACE)))
        self._x, self._y = places[:, 0].copy(), places[:, 1].copy()
        self._speed_x, self._speed_y = np.zeros(drivers), np.zeros(drivers)
        self._since, self._span = np.zeros(drivers), np.zeros(drivers)

    def __len__(self) -> int:
        return len(self.idle)

    def on_duty(self, driver: int) -> bool:
        """Return whether a driver is on duty."""
        return self._on_since[driver] is not None

    def distances(self, place: Sequence[float], now: float) -> Floats:
        """Return how far every idle driver is from a place; infinite for the others."""
        x, y = place
        moved = np.minimum(now - self._since, self._span)
        distances: Floats = np.abs(self._x + self._speed_x * moved - x)
        distances += np.abs(self._y + self._speed_y * moved - y)
        distances[~self.idle] = np.inf
        return distances

    def places(self, drivers: NDArray[np.int64], now: float) -> Floats:
        """Return where some drivers are, shape (n, 2)."""
        moved = np.minimum(now - self._since[drivers], self._span[drivers])
        x = self._x[drivers] + self._speed_x[drivers] * moved
        return np.column_stack([x, self._y[drivers] + self._speed_y[drivers] * moved])

    def place(self, driver: int, now: float) -> tuple[float, float]:
        """Return where a driver is."""
        moved = min(now - self._since[driver], self._span[driver])
        x = self._x[driver] + self._speed_x[driver] * moved
        y = self._y[driver] + self._speed_y[driver] * moved
        return float(x), float(y)

    def put(self, driver: int, place: Sequence[float]) -> None:
        """Stop a driver at a place."""
        self._x[driver], self._y[driver] = place
        self._speed_x[driver] = self._speed_y[driver] = self._span[driver] = 0.0
        self.driving[driver] = False

    def roam(self, driver: int, now: float) -> float:
        """Send a driver to a place where a ride could begin, and return the time of arrival."""
        x, y = self.place(driver, now)
        ((to_x, to_y),) = self._city.places(self._rng.random((1, DRAWS_PER_PLACE))).tolist()
        span = self._city.minutes(abs(to_x - x) + abs(to_y - y))
        self.put(driver, (x, y))
        self.driving[driver] = True
        if span > 0.0:
            self._speed_x[driver], self._speed_y[driver] = (to_x - x) / span, (to_y - y) / span
            self._since[driver], self._span[driver] = now, span
        return now + span

    def come(self, driver: int, now: float) -> None:
        """Begin a driver's shift."""
        self._on_since[driver] = now

    def leave(self, driver: int, now: float) -> None:
        """End a driver's shift, where the driver is then."""
        begun = self._on_since[driver]
        if begun is not None:
            self.duty.append((driver, begun, now))
        self.put(driver, self.place(driver, now))
        self._on_since[driver] = None
        self.idle[driver] = self.leaving[driver] = False

    def release(self, driver: int, now: float) -> None:
        """Make a driver idle."""
        self.idle[driver] = True
        self.idle_since[driver] = now

    def draw_parked(self) -> float:
        """Draw how long an idle driver stands."""
        return self._habits.parked * float(self._rng.standard_exponential())

    def draw_shift(self, *, on: bool) -> float:
        """Draw how long a shift, or the time off until the next, lasts."""
        return (self._habits.shift if on else self._habits.off) * float(self._rng.standard_exponential())

    def draw_present(self) -> list[bool]:
        """Draw who is on duty at the beginning, in the stationary state of shifts and times off."""
        share = self._habits.shift / (self._habits.shift + self._habits.off)
        return [uniform < share for uniform in self._rng.random(len(self)).tolist()]

    @property
    def takes_time_off(self) -> bool:
        """Whether shifts end."""
        return self._habits.off > 0.0
