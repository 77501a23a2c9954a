"""What is measured of a day: from what became of every rider to the metrics of a row.

Metrics are documented where they are declared: the annotations are read at run time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Unit
from numpy.typing import NDArray

from workbench.experiments.marketplace.demand import Riders
from workbench.experiments.marketplace.market import End, Ledger

__all__ = ["RideMetrics", "measure"]


@dataclass(frozen=True)
class RideMetrics:
    """What is measured between the end of the warm-up and the horizon."""

    riders_counted: Annotated[int, "Riders who opened the app after the warm-up; each is in one of the four below."]
    rides: Annotated[int, "Riders who were driven."]
    left_price: Annotated[int, "Riders who left because of the fare, whatever the ETA was."]
    left_eta: Annotated[int, "Riders who left because of the ETA, at a fare that they would have paid."]
    left_patience: Annotated[int, "Riders who ordered, and gave up waiting for a driver."]
    conversion: Annotated[float | None, "Share of the riders counted who were driven; none where nobody came."]
    abandonment: Annotated[float | None, "Share of the orders that were given up; none where nobody ordered."]
    fares: Annotated[float, Unit("EUR"), "Paid by the riders counted."]
    platform_revenue: Annotated[float, Unit("EUR"), "The platform's part of the fares."]
    driver_payouts: Annotated[float, Unit("EUR"), "The drivers' part of the fares."]
    payout_per_hour: Annotated[float | None, Unit("EUR/h"), "The same, by hours on duty; none where nobody was."]
    mean_multiplier: Annotated[float | None, "Mean surge multiplier that was quoted; none where nobody came."]
    match_mean: Annotated[float | None, Unit("min"), "Mean time from order to match; none where nobody was matched."]
    match_median: Annotated[float | None, Unit("min"), "Median time from order to match; none likewise."]
    match_p90: Annotated[float | None, Unit("min"), "Nine in ten are matched in this time; none likewise."]
    pickup_mean: Annotated[float | None, Unit("min"), "Mean time from match to pick-up; none likewise."]
    pickup_median: Annotated[float | None, Unit("min"), "Median time from match to pick-up; none likewise."]
    pickup_p90: Annotated[float | None, Unit("min"), "Nine in ten are picked up in this time; none likewise."]
    utilisation: Annotated[float | None, "Share of the time on duty with a rider on board; none where nobody was."]
    approach: Annotated[float | None, "Share of the time on duty on the way to a rider; none where nobody was."]


def measure(riders: Riders, ledger: Ledger, *, begin: float, horizon: float, commission: float) -> RideMetrics:
    """Measure a day.

    Parameters
    ----------
    riders : Riders
        Who asked.
    ledger : Ledger
        What became of them.
    begin, horizon : float
        Riders who ask between the two count, and so does the drivers' time; in minutes.
    commission : float
        The platform's part of the fares, from 0 to 1.

    Returns
    -------
    RideMetrics
    """
    counted = riders.arrival >= begin
    ends = np.array(ledger.end, dtype=np.int64)[counted]
    n, driven, price, eta, patience = (ends.size, *(int((ends == end).sum()) for end in list(End)[1:]))
    matched, picked_up, dropped_off = (np.array(at) for at in (ledger.matched, ledger.picked_up, ledger.dropped_off))
    fares = float(np.array(ledger.fare)[counted][ends == End.DRIVEN].sum())
    match = _summary((matched - riders.arrival)[counted])
    pickup = _summary((picked_up - matched)[counted])
    _, starts, stops = np.array(ledger.duty).reshape(-1, 3).T
    on_duty = _time_within(starts, stops, begin, horizon)
    return RideMetrics(
        riders_counted=n,
        rides=driven,
        left_price=price,
        left_eta=eta,
        left_patience=patience,
        conversion=_share(driven, n),
        abandonment=_share(patience, driven + patience),
        fares=fares,
        platform_revenue=commission * fares,
        driver_payouts=(1.0 - commission) * fares,
        payout_per_hour=_share(60.0 * (1.0 - commission) * fares, on_duty),
        mean_multiplier=_share(float(np.array(ledger.multiplier)[counted].sum()), n),
        match_mean=match[0],
        match_median=match[1],
        match_p90=match[2],
        pickup_mean=pickup[0],
        pickup_median=pickup[1],
        pickup_p90=pickup[2],
        utilisation=_share(_time_within(picked_up, dropped_off, begin, horizon), on_duty),
        approach=_share(_time_within(matched, picked_up, begin, horizon), on_duty),
    )


def _summary(times: NDArray[np.float64]) -> Sequence[float | None]:
    """Mean, median and ninth decile of those that came to be."""
    known = times[~np.isnan(times)]
    if not known.size:
        return (None, None, None)
    median, decile = np.quantile(known, (0.5, 0.9)).tolist()
    return float(known.mean()), median, decile


def _time_within(starts: NDArray[np.float64], stops: NDArray[np.float64], begin: float, end: float) -> float:
    # NaN where it never came to that.
    return float(np.nansum(np.maximum(np.minimum(stops, end) - np.maximum(starts, begin), 0.0)))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
