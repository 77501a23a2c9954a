"""The event loop: riders ask, wait, are driven or give up; drivers roam, drive, come and go.

The events wait in a heap (`heapq`). SimPy, which the field would choose, gives the same numbers and takes longer: see
docs/adr/0012, and `benchmarks/event_loop.py`, which measures it.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from workbench.experiments.marketplace.matching import assign
from workbench.experiments.marketplace.pricing import SURGE_WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.experiments.marketplace.demand import Riders
    from workbench.experiments.marketplace.fleet import Fleet
    from workbench.experiments.marketplace.matching import Matching
    from workbench.experiments.marketplace.pricing import Pricing

__all__ = ["End", "Ledger", "Market"]


class End(IntEnum):
    """How it ends for a rider."""

    OPEN = 0
    DRIVEN = 1
    PRICE = 2
    ETA = 3
    PATIENCE = 4


class _Kind(IntEnum):
    """What happens; where two happen at the same time, the one that was planned first comes first."""

    ASK = 0
    GIVE_UP = 1
    DROP_OFF = 2
    ROAM = 3
    SHIFT = 4
    BATCH = 5


@dataclass
class Ledger:
    """What became of every rider, when and with whom; times in minutes, NaN where it never came to that.

    `driver` is -1 where there was none. `duty` has the driver, the begin and the end of every time on duty.
    """

    end: list[End]
    driver: list[int]
    fare: list[float]
    multiplier: list[float]
    matched: list[float]
    picked_up: list[float]
    dropped_off: list[float]
    duty: list[tuple[int, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, riders: int) -> Ledger:
        """Open the ledger for a number of riders."""
        fare, multiplier, matched, picked_up, dropped_off = ([math.nan] * riders for _ in range(5))
        return cls([End.OPEN] * riders, [-1] * riders, fare, multiplier, matched, picked_up, dropped_off)


class Market:
    """A day of the marketplace.

    Parameters
    ----------
    riders : Riders
        Who asks.
    fleet : Fleet
        Who drives.
    pricing : Pricing
        What is quoted.
    matching : Matching
        Who drives whom.
    horizon : float
        End of the day in minutes: nobody asks after it, and who has asked is still driven.
    """

    def __init__(self, riders: Riders, fleet: Fleet, pricing: Pricing, matching: Matching, *, horizon: float) -> None:
        self._riders, self._fleet, self._pricing, self._matching = riders, fleet, pricing, matching
        self._horizon = horizon
        self.ledger = Ledger.of(len(riders.arrival))
        # Scalars are read much faster from lists than from arrays.
        self._arrival, self._distance = riders.arrival.tolist(), riders.distance.tolist()
        self._origin, self._destination = riders.origin.tolist(), riders.destination.tolist()
        self._ride = (riders.distance / matching.speed + riders.delay).tolist()
        self._expected = (riders.distance / matching.speed + riders.mean_delay).tolist()
        self._reach = np.full(len(self._arrival), matching.radius)
        self._waiting: dict[int, None] = {}
        self._roams_at = [math.nan] * len(fleet)
        self._tick = 0
        self._tick_planned = False
        self._unsettled = len(self._arrival)
        # Sorted as they are, they are a heap.
        self._events = [(time, rider, _Kind.ASK, rider) for rider, time in enumerate(self._arrival)]
        self._planned = len(self._events)

    def run(self) -> Ledger:
        """Simulate the day, and what is left to do at its end.

        Returns
        -------
        Ledger
            With an end for every rider.
        """
        self._open()
        handlers = (self._ask, self._give_up, self._drop_off, self._roam, self._shift, self._batch)
        events, now = self._events, 0.0
        while self._unsettled or (events and events[0][0] < self._horizon):
            now, _, kind, who = heapq.heappop(events)
            handlers[kind](who, now)
        for driver in range(len(self._fleet)):
            self._fleet.leave(driver, max(now, self._horizon))
        self.ledger.duty = self._fleet.duty
        return self.ledger

    def _plan(self, time: float, kind: _Kind, who: int) -> None:
        heapq.heappush(self._events, (time, self._planned, kind, who))
        self._planned += 1

    def _open(self) -> None:
        for driver, present in enumerate(self._fleet.draw_present()):
            if present:
                self._fleet.come(driver, 0.0)
                self._release(driver, 0.0)
            if self._fleet.takes_time_off:
                self._plan(self._fleet.draw_shift(on=present), _Kind.SHIFT, driver)

    def _ask(self, rider: int, now: float) -> None:
        distances = self._fleet.distances(self._origin[rider], now)
        pricing, matching, riders, ledger = self._pricing, self._matching, self._riders, self.ledger
        multiplier = 1.0 if pricing.surge is None else pricing.surge.multiplier(self._recent(rider, now), distances)
        fare = pricing.fare(self._distance[rider], multiplier)
        # Where nobody is in reach, the app hopes for a driver who will be.
        eta = min(float(distances.min()), matching.radius) / matching.speed
        ledger.fare[rider], ledger.multiplier[rider] = fare, multiplier
        if fare > riders.willingness[rider]:
            self._settle(rider, End.PRICE)
        elif eta > riders.eta_tolerance[rider]:
            self._settle(rider, End.ETA)
        else:
            self._order(rider, (1.0 - pricing.commission) * fare, distances, now)

    def _order(self, rider: int, payout: float, distances: NDArray[np.float64], now: float) -> None:
        matching = self._matching
        self._reach[rider] = reach = matching.reach(payout, self._expected[rider])
        if reach < 0.0:
            # No driver will ever take the ride: how it ends is known, and waiting for that changes nothing.
            self._settle(rider, End.PATIENCE)
            return
        self._waiting[rider] = None
        self._plan(now + float(self._riders.patience[rider]), _Kind.GIVE_UP, rider)
        if matching.interval:
            self._plan_batch(now)
            return
        driver = matching.best(distances, now - self._fleet.idle_since, reach)
        if driver is not None:
            self._match(rider, driver, float(distances[driver]), now)

    def _recent(self, rider: int, now: float) -> NDArray[np.float64]:
        """Return how far the requests of the last minutes, the rider's included, are from the rider's."""
        first = int(np.searchsorted(self._riders.arrival, now - SURGE_WINDOW))
        apart: NDArray[np.float64] = np.abs(self._riders.origin[first : rider + 1] - self._riders.origin[rider])
        return apart[:, 0] + apart[:, 1]

    def _give_up(self, rider: int, _: float) -> None:
        if rider in self._waiting:
            del self._waiting[rider]
            self._settle(rider, End.PATIENCE)

    def _settle(self, rider: int, end: End) -> None:
        self.ledger.end[rider] = end
        self._unsettled -= 1

    def _match(self, rider: int, driver: int, distance: float, now: float) -> None:
        del self._waiting[rider]
        self._fleet.idle[driver] = False
        picked_up = now + distance / self._matching.speed
        dropped_off = picked_up + self._ride[rider]
        ledger = self.ledger
        ledger.driver[rider] = driver
        ledger.matched[rider], ledger.picked_up[rider], ledger.dropped_off[rider] = now, picked_up, dropped_off
        self._plan(dropped_off, _Kind.DROP_OFF, rider)

    def _drop_off(self, rider: int, now: float) -> None:
        self._settle(rider, End.DRIVEN)
        driver = self.ledger.driver[rider]
        self._fleet.put(driver, self._destination[rider])
        if self._fleet.leaving[driver]:
            self._leave(driver, now)
        else:
            self._release(driver, now)

    def _release(self, driver: int, now: float) -> None:
        self._fleet.release(driver, now)
        self._plan_roam(driver, now + self._fleet.draw_parked())
        self._offer(driver, now)

    def _offer(self, driver: int, now: float) -> None:
        """Let an idle driver who stands at a place take the best of the riders who wait."""
        if not self._waiting or self._matching.interval:
            return
        waiting = np.fromiter(self._waiting, dtype=np.int64, count=len(self._waiting))
        distances = np.abs(self._riders.origin[waiting] - self._fleet.place(driver, now)).sum(axis=1)
        best = self._matching.best(distances, now - self._riders.arrival[waiting], self._reach[waiting])
        if best is not None:
            self._match(int(waiting[best]), driver, float(distances[best]), now)

    def _plan_roam(self, driver: int, time: float) -> None:
        self._roams_at[driver] = time
        self._plan(time, _Kind.ROAM, driver)

    def _roam(self, driver: int, now: float) -> None:
        if now != self._roams_at[driver] or not self._fleet.idle[driver]:
            return  # planned before the driver's last ride
        if not self._fleet.driving[driver]:
            self._plan_roam(driver, self._fleet.roam(driver, now))
            return
        self._fleet.put(driver, self._fleet.place(driver, now))
        self._plan_roam(driver, now + self._fleet.draw_parked())
        self._offer(driver, now)

    def _shift(self, driver: int, now: float) -> None:
        if not self._fleet.on_duty(driver):
            self._fleet.come(driver, now)
            self._plan(now + self._fleet.draw_shift(on=True), _Kind.SHIFT, driver)
            self._release(driver, now)
        elif self._fleet.idle[driver]:
            self._leave(driver, now)
        else:
            self._fleet.leaving[driver] = True

    def _leave(self, driver: int, now: float) -> None:
        self._fleet.leave(driver, now)
        self._plan(now + self._fleet.draw_shift(on=False), _Kind.SHIFT, driver)

    def _plan_batch(self, now: float) -> None:
        if not self._tick_planned:
            self._tick = max(self._tick, math.floor(now / self._matching.interval)) + 1
            self._plan(self._tick * self._matching.interval, _Kind.BATCH, 0)
            self._tick_planned = True

    def _batch(self, _: int, now: float) -> None:
        self._tick_planned = False
        drivers = np.flatnonzero(self._fleet.idle)
        if self._waiting and drivers.size:
            waiting = np.fromiter(self._waiting, dtype=np.int64, count=len(self._waiting))
            apart = self._riders.origin[waiting][:, None, :] - self._fleet.places(drivers, now)
            distances = np.abs(apart).sum(axis=2)
            waited = (now - self._riders.arrival[waiting])[:, None] + (now - self._fleet.idle_since[drivers])
            costs = self._matching.costs(distances, waited, self._reach[waiting][:, None])
            for row, column in assign(costs):
                self._match(int(waiting[row]), int(drivers[column]), float(distances[row, column]), now)
        if self._waiting:
            self._plan_batch(now)
