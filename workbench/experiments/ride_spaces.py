"""Ready-made sweeps of `ride_hailing`, and what a healthy marketplace is; every axis, value and weight can be changed.

They stand apart from the experiment: changing them does not change the code that made a run.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict

from workbench.errors import ExperimentError
from workbench.space import Linspace, Range, Values, linspace, product
from workbench.space.axes import as_axis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.space import Space, Value

__all__ = ["HEALTH", "RideSweep", "health", "matching", "minimal", "pricing", "supply_demand", "surge"]

Goal: TypeAlias = tuple[Literal["min", "max"], float]

HEALTH: Final[dict[str, Goal]] = {
    "conversion": ("max", 0.30),
    "platform_revenue": ("max", 0.25),
    "driver_payouts": ("max", 0.15),
    "match_mean": ("min", 0.15),
    "pickup_mean": ("min", 0.15),
    "abandonment": ("min", 0.20),
}
"""What is wanted of each metric, and its weight, as `rank` takes them; the last is the penalty."""


class RideSweep(TypedDict):
    """What a `Sweep` takes: ``Sweep(ride_hailing, **pricing())``."""

    space: Space
    fixed: dict[str, Value]


def minimal(**changes: object) -> RideSweep:
    """Take a first look: six points of a small town, a few milliseconds each.

    Parameters
    ----------
    **changes : values or a value
        For any parameter several values, which make it an axis, or one, which fixes it.

    Returns
    -------
    RideSweep

    Raises
    ------
    ExperimentError
        If no axis is left.

    Examples
    --------
    >>> minimal()["space"].size, minimal(drivers=30, commission=[0.2, 0.3])["space"].names
    (6, ('per_km', 'commission'))
    """
    axes = {"drivers": [15, 30, 45], "per_km": [0.8, 1.6]}
    return _sweep(axes, {"riders": 150.0, "hours": 2.0, "city_km": 6.0}, changes)


def pricing(**changes: object) -> RideSweep:
    """Weigh what riders would pay against what drivers would work for: base fare, fare per km and commission.

    Parameters
    ----------
    **changes
        As of `minimal`.

    Returns
    -------
    RideSweep
    """
    axes = {"base_fare": [1.5, 2.5, 3.5], "per_km": linspace(0.6, 2.1, 6), "commission": [0.15, 0.25, 0.35]}
    return _sweep(axes, {}, changes)


def surge(**changes: object) -> RideSweep:
    """Vary how far a multiplier may go and how far around the rider it looks, on a quiet day and with rush hours.

    Parameters
    ----------
    **changes
        As of `minimal`.

    Returns
    -------
    RideSweep
    """
    axes = {"surge_max": [1.25, 1.5, 2.0, 3.0], "surge_radius": [1.0, 2.0, 4.0], "rush": [0.0, 3.0]}
    return _sweep(axes, {"surge": True}, changes)


def matching(**changes: object) -> RideSweep:
    """Vary who drives whom: the algorithm, its radius, and what the way to the rider counts against the wait.

    Where the nearest is matched the weight means nothing: of those points only the ones of the largest weight are kept.

    Parameters
    ----------
    **changes
        As of `minimal`.

    Returns
    -------
    RideSweep
    """
    axes = {"matching": ["nearest", "cost", "batched"], "match_radius": [2.0, 4.0, 6.0], "eta_weight": [0.5, 1.0]}
    sweep = _sweep(axes, {"batch_interval": 20.0}, changes)
    space = sweep["space"]
    if {"matching", "eta_weight"} <= set(space.names):
        largest = max(point["eta_weight"] for point in space)
        sweep["space"] = space.where(lambda point: point["matching"] != "nearest" or point["eta_weight"] == largest)
    return sweep


def supply_demand(**changes: object) -> RideSweep:
    """Set drivers against riders, from plenty to shortage.

    Parameters
    ----------
    **changes
        As of `minimal`.

    Returns
    -------
    RideSweep
    """
    return _sweep({"drivers": range(20, 121, 20), "riders": [300.0, 600.0, 900.0, 1200.0]}, {}, changes)


def health(**weights: float) -> dict[str, Goal]:
    """Say what a healthy marketplace is: goals for `Run.rank` and `Run.pareto`.

    The score is the weighted mean of the metrics, each scaled to 0 (worst) to 1 (best) over the points that are ranked,
    abandonment included. Subtracting a penalty of 0.20 times scaled abandonment instead gives the same order, for the
    two differ by a constant and a factor.

    Parameters
    ----------
    **weights : float
        Other weights than those of `HEALTH`; 0 leaves a metric out.

    Returns
    -------
    dict
        Direction and weight by metric.

    Raises
    ------
    ExperimentError
        If a metric is not one of those.

    Examples
    --------
    >>> health(conversion=0.5, abandonment=0)["conversion"], "abandonment" in health(abandonment=0)
    (('max', 0.5), False)
    """
    for name in weights:
        if name not in HEALTH:
            near = "".join(f"; did you mean {found!r}?" for found in difflib.get_close_matches(name, HEALTH, n=1))
            raise ExperimentError(
                f"health: {name!r} is not part of the score{near} (parts: {', '.join(HEALTH)}). Add another metric to "
                "the goals themselves: health() | {'match_p90': ('min', 0.15)}"
            )
    wanted = {name: (direction, weights.get(name, weight)) for name, (direction, weight) in HEALTH.items()}
    return {name: goal for name, goal in wanted.items() if goal[1] != 0}


def _sweep(axes: Mapping[str, object], fixed: dict[str, Value], changes: dict[str, object]) -> RideSweep:
    wanted = {name: as_axis(name, values) for name, values in {**axes, **fixed, **changes}.items()}
    named = {**fixed, **changes}
    single = [name for name in wanted if name in named and not _several(named[name])]
    if len(single) == len(wanted):
        raise ExperimentError("every parameter is fixed, no axis is left: give one of them several values")
    return {
        "space": product(**{name: axis for name, axis in wanted.items() if name not in single}),
        "fixed": {name: wanted[name][0] for name in single},
    }


def _several(values: object) -> bool:
    """Whether a person wrote an axis, and not one value."""
    return isinstance(values, Values | Range | Linspace) or (
        hasattr(values, "__iter__") and not isinstance(values, str)
    )
