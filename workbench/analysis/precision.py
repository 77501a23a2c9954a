"""How precise means are, and how many more replicates would make them precise enough.

The interval is Student's t at 95 %, as everywhere. The number of replicates that a half width h needs follows from the
sample's deviation s: ``n = ceil((t s / h)^2)`` (Law, Simulation Modeling and Analysis, section 9.4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.summary import CONFIDENCE
from workbench.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Target", "judge", "next_replicates"]

_PAIR = 2  # of values, without which there is no deviation


@dataclass(frozen=True, kw_only=True)
class Target:
    """When a mean is precise enough, and how far to go for it.

    Parameters
    ----------
    half_width : float
        Of the 95 % interval; where `relative`, as a share of the mean, below 1.
    relative : bool
        Whether it is relative. The share that is asked of the estimated mean is then ``g / (1 + g)``, so that the
        error is at most a share g of the true one (Law, section 9.4.1).
    min_replicates, max_replicates : int
        A mean of fewer is never precise enough; no point gets more.
    """

    half_width: float
    relative: bool = False
    min_replicates: int = 10
    max_replicates: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.half_width < (1 if self.relative else math.inf):
            below = ", and below 1, for it is a share of the mean" if self.relative else ""
            raise QueryError(f"half_width: is {self.half_width!r}; more than 0{below}")
        if not _PAIR <= self.min_replicates <= self.max_replicates:
            raise QueryError(
                f"min_replicates is {self.min_replicates}, max_replicates {self.max_replicates}: at least {_PAIR}, and "
                "no more than max_replicates"
            )


def judge(frame: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Say how precise means are.

    Parameters
    ----------
    frame : DataFrame
        Columns ``replicates`` (evaluated), ``count`` (good rows), ``mean`` and ``std``.
    target : Target
        What is wanted.

    Returns
    -------
    DataFrame
        With ``half_width``, ``target`` and ``done`` behind them; the half width is NaN for less than two good rows.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 -- takes long to load

    count = frame["count"].to_numpy(dtype=float)
    error = frame["std"].to_numpy(dtype=float) / np.sqrt(np.maximum(count, 1))
    quantile = stdtrit(np.maximum(count - 1, 1), (1 + CONFIDENCE) / 2)
    half_width = np.where(count >= _PAIR, quantile * error, np.nan)
    wanted = np.full(len(frame), target.half_width)
    if target.relative:
        share = target.half_width / (1 + target.half_width)
        wanted = share * np.abs(frame["mean"].to_numpy(dtype=float))
    enough = frame["replicates"].to_numpy() >= target.min_replicates
    return frame.assign(half_width=half_width, target=wanted, done=enough & (half_width <= wanted))


def next_replicates(judged: pd.DataFrame, target: Target, *, first: int) -> NDArray[np.int64]:
    """Choose how many replicates every point should have after the next round.

    Totals stand on a ladder whose rungs grow by the root of two, so that a round is a few sweeps and not one for every
    point. A round at most doubles a point: a deviation that was estimated from few replicates may be far off.

    Parameters
    ----------
    judged : DataFrame
        As of `judge`.
    target : Target
        What is wanted.
    first : int
        Replicates that the run began with; the lowest rung, where they are not too few.

    Returns
    -------
    ndarray of int64
        The number that a point has where it needs no more, or can get none: where it has `max_replicates`, and where
        less than two of `min_replicates` rows were good.
    """
    has = judged["replicates"].to_numpy(dtype=np.int64)
    count = judged["count"].to_numpy(dtype=float)
    half_width = judged["half_width"].to_numpy(dtype=float)
    wanted = judged["target"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        # (t s / h)^2 good rows are needed; t s / sqrt(count) is the half width. Rows fail at the rate that they did.
        needed = has * (half_width / wanted) ** 2
    needed = np.where(np.isfinite(needed), needed, np.inf)
    more = ~judged["done"].to_numpy(dtype=bool) & (has < target.max_replicates)
    more &= (count >= _PAIR) | (has < target.min_replicates)
    ladder = _ladder(max(first, target.min_replicates), target.max_replicates)
    above = np.searchsorted(ladder, has, side="right")
    furthest = np.searchsorted(ladder, np.maximum(2 * has, ladder[0]), side="right") - 1
    rung = np.clip(np.searchsorted(ladder, needed), above, np.maximum(furthest, above))
    after: NDArray[np.int64] = np.where(more, ladder[np.minimum(rung, len(ladder) - 1)], has)
    return after


def _ladder(first: int, last: int) -> NDArray[np.int64]:
    """Rungs from `first` to `last`, each the root of two times the one before, rounded up."""
    steps = 2 * math.ceil(math.log2(max(last / first, 1))) + 1
    rungs = np.ceil(first * 2 ** (np.arange(steps) / 2)).astype(np.int64)
    return np.append(rungs[rungs < last], last)
