"""What an event loop costs the marketplace: its own heap, SimPy's, and SimPy as it is meant, with processes.

Run as ``python benchmarks/event_loop.py [rounds]``; it prints Markdown. All three simulate the same days with the same
riders, drivers, prices and matching; a difference in any metric ends it.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import simpy

from workbench.experiments import marketplace, ride_hailing
from workbench.experiments.marketplace.market import End, Ledger, Market, _Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAYS: Final = 20
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "as given": {},
    "batched": {"matching": "batched", "batch_interval": 20.0},
    "surge": {"surge": True},
}


class SimpyHeap(Market):
    """The same handlers, called by SimPy's queue of events."""

    def run(self) -> Ledger:
        """Simulate the day."""
        self._env = simpy.Environment()
        self._begin()
        self._open()
        while self._unsettled or self._env.peek() < self._horizon:
            self._env.step()
        for driver in range(len(self._fleet)):
            self._fleet.leave(driver, max(self._env.now, self._horizon))
        self.ledger.duty = self._fleet.duty
        return self.ledger

    def _begin(self) -> None:
        for at, _, kind, rider in self._events:
            self._plan(at, kind, rider)

    def _plan(self, time: float, kind: _Kind, who: int) -> None:
        handler = self._handler(kind)
        self._env.timeout(self._until(time)).callbacks.append(lambda _: handler(who, time))

    def _handler(self, kind: _Kind) -> Callable[[int, float], None]:
        return (self._ask, self._give_up, self._drop_off, self._roam, self._shift, self._batch)[kind]

    def _until(self, time: float) -> float:
        return max(0.0, time - self._env.now)


class SimpyProcesses(SimpyHeap):
    """A process for every rider, who waits for a driver or the end of the patience, and for what drivers do alone."""

    def _begin(self) -> None:
        self._found: dict[int, simpy.Event] = {}
        for rider in range(len(self._arrival)):
            self._env.process(self._ride_of(rider))

    def _ride_of(self, rider: int) -> Iterator[simpy.Event]:
        env, ledger = self._env, self.ledger
        yield env.timeout(self._arrival[rider])
        found = self._found[rider] = env.event()
        self._ask(rider, self._arrival[rider])
        if ledger.end[rider] != End.OPEN:
            return
        if rider in self._waiting:
            yield found | env.timeout(float(self._riders.patience[rider]))
            if rider in self._waiting:
                self._give_up(rider, env.now)
                return
        yield env.timeout(self._until(ledger.picked_up[rider]))
        yield env.timeout(self._until(ledger.dropped_off[rider]))
        self._drop_off(rider, ledger.dropped_off[rider])

    def _plan(self, time: float, kind: _Kind, who: int) -> None:
        if kind is _Kind.DROP_OFF:
            self._found[who].succeed()
        elif kind is not _Kind.GIVE_UP:
            self._env.process(self._alone(time, self._handler(kind), who))

    def _alone(self, time: float, handler: Callable[[int, float], None], who: int) -> Iterator[simpy.Event]:
        yield self._env.timeout(self._until(time))
        handler(who, time)


LOOPS: Final[dict[str, type[Market]]] = {
    "heapq": Market,
    "SimPy's queue": SimpyHeap,
    "SimPy's processes": SimpyProcesses,
}


def days(loop: type[Market], parameters: dict[str, Any]) -> tuple[float, list[dict[str, float | None]]]:
    """Simulate some days; returns milliseconds of CPU for each, and their metrics."""
    marketplace.Market = loop  # what the experiment takes it for
    began = time.process_time()
    rows = [ride_hailing(**parameters, rng=np.random.Generator(np.random.Philox(seed))) for seed in range(DAYS)]
    return (time.process_time() - began) / DAYS * 1e3, [asdict(row) for row in rows]


def check(rows: list[dict[str, float | None]], expected: list[dict[str, float | None]]) -> None:
    """Stop where metrics differ by more than what sums of floats do."""
    for row, other in zip(rows, expected, strict=True):
        for name, value in row.items():
            wanted = other[name]
            if value is None or wanted is None:
                same = value is wanted
            else:
                same = math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
            if not same:
                sys.exit(f"{name} differs: {value} and {wanted}")


def main() -> None:
    """Measure every loop in turns."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"| ms of CPU a row (median of {rounds}) | {' | '.join(LOOPS)} |")
    print("| --- |" + " ---: |" * len(LOOPS))
    for label, parameters in SETTINGS.items():
        taken: dict[str, list[float]] = {name: [] for name in LOOPS}
        for _ in range(rounds):
            _, expected = days(Market, parameters)
            for name, loop in LOOPS.items():
                spent, rows = days(loop, parameters)
                check(rows, expected)
                taken[name].append(spent)
        medians = {name: statistics.median(each) for name, each in taken.items()}
        base = medians["heapq"]
        cells = (f"{median:.1f} ({median / base:.2f})" for median in medians.values())
        print(f"| {label} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
