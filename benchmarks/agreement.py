"""Whether the contenders did the same work: the same rows, the same groups, the same mean, the same columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.races import Race

__all__ = ["disagreements"]

_EXACT: Final = 1e-9
# Of two independent estimates of one mean; the seeds are fixed, so an agreement stays one.
_DEVIATIONS: Final = 5 * math.sqrt(2)


def disagreements(race: Race, outcomes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Compare what contenders found.

    Parameters
    ----------
    race : Race
        What they did.
    outcomes : mapping of str to mapping
        Of each contender, see `benchmarks.outcome.Outcome`.

    Returns
    -------
    list of str
        What differs; empty where all agree. The first contender with a mean is the one that others are held against.
    """
    found = []
    groups = next(iter(race.axes.values()))[2]
    means = {name: outcome for name, outcome in outcomes.items() if outcome.get("mean") is not None}
    for name, outcome in means.items():
        reference = next(iter(means.values()))
        tolerance = abs(reference["mean"]) * _EXACT
        if race.load.random:
            tolerance = _DEVIATIONS * max(reference["error"], outcome["error"])
        if outcome["rows"] != race.rows:
            found.append(f"{name} wrote {outcome['rows']:,} rows of {race.rows:,}")
        if outcome["groups"] not in {groups, None}:
            found.append(f"{name} found {outcome['groups']} groups of {groups}")
        if not abs(outcome["mean"] - reference["mean"]) <= tolerance:
            found.append(f"{name} has a mean of {outcome['mean']!r}, others of {reference['mean']!r}")
    columns = {name: means[name]["schema"] for name in ("workbench", "numpy") if name in means}
    if len({tuple(schema) for schema in columns.values()}) > 1:
        found.append(f"workbench and numpy wrote other columns: {columns}")
    return found
