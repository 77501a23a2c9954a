"""Says which parameters matter: main effects and interactions of two as shares of a metric's variance over points."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from workbench.analysis.points import check_known, parameters_of, points_of
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["effects"]

_Term: TypeAlias = tuple[str, ...]

# Means that differ by less than this, relative to the largest, differ by rounding.
_ROUNDING: Final = 1e-12
_TOLERANCE: Final = 1e-13


def effects(frame: pd.DataFrame, metric: str, parameters: Sequence[str] | None = None) -> pd.DataFrame:
    """Split the variance of a metric over the points by parameters and pairs of parameters.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame, as `run.aggregate` makes it, grouped by the parameters that vary.
    metric : str
        The metric.
    parameters : sequence of str, optional
        The parameters to look at; all of the frame by default. What the others do is in ``rest``.

    Returns
    -------
    DataFrame
        One row per term, the largest share first: ``term`` (``"servers"``, ``"servers × arrival_rate"``),
        ``parameters`` (a tuple of its one or two names; empty in the last rows) and ``share``. Then ``rest``, what main
        effects and two-way interactions do not explain. Where the grid is incomplete a row ``shared`` follows. All
        shares together are 1.

    Raises
    ------
    QueryError
        If a name is not in the frame, or the points do not allow an answer: nothing varies, or every point has a value
        of its own for some parameter.

    Notes
    -----
    The variance is that of the points' means, each point counting once and each value of a parameter standing for
    itself, so that effects need not be linear. What replicates leave of noise in the means is in the interactions and
    in the rest. With :math:`R(T)` the sum of squared residuals of a least-squares fit of the means on the categories of
    the terms T, the share of a term t is ``(R(T) - R(T + t)) / R(nothing)``, where T are all terms that do not contain
    t: sums of squares of type II [1]_. On a complete grid these are the classical, orthogonal ones, and the shares are
    the Sobol' indices of first and second order for independent parameters with equally likely values [2]_.

    On an incomplete grid, be it by `where` or by points without a good row, parameters hang together, and what several
    terms explain only jointly is nobody's own: ``shared`` says how much that is. It is negative where terms hide each
    other, so that single shares add up to more than all. Far from 0, it says that single shares tell little.

    References
    ----------
    .. [1] Ø. Langsrud, "ANOVA for unbalanced data: use type II instead of type III sums of squares", Statistics and
       Computing 13 (2003) 163-167.
    .. [2] I. M. Sobol', "Global sensitivity indices for nonlinear mathematical models and their Monte Carlo estimates",
       Mathematics and Computers in Simulation 55 (2001) 271-280.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "metric": "y", "mean": [0.0, 1.0, 2.0, 3.0]})
    >>> effects(frame, "y").round(3)
        term parameters  share
    0      a       (a,)    0.8
    1      b       (b,)    0.2
    2  a × b     (a, b)    0.0
    3   rest         ()    0.0
    """
    points = points_of(frame, [metric]).dropna(subset=[metric])
    names = _varying(points, parameters_of(frame) if parameters is None else parameters, parameters_of(frame))
    codes = {name: pd.factorize(points[name])[0] for name in names}
    values = _centred(points[metric].to_numpy(dtype=np.float64), metric)
    terms: list[_Term] = [(name,) for name in names]
    terms += combinations(names, 2)
    left = {term: _residual(values, _beside(terms, term), codes) for term in terms}
    gained = {
        term: max(before - _residual(values, [*_beside(terms, term), term], codes), 0.0)
        for term, before in left.items()
    }
    rest = _residual(values, terms, codes)
    rows = sorted(((" × ".join(term), term, share) for term, share in gained.items()), key=lambda row: -row[2])
    rows.append(("rest", (), rest))
    if not _is_balanced(points, names):
        rows.append(("shared", (), 1.0 - sum(share for _, _, share in rows)))
    return pd.DataFrame(rows, columns=["term", "parameters", "share"])


def _varying(points: pd.DataFrame, wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return those of the wanted parameters that have several values."""
    check_known("parameters", wanted, known, what="parameter")
    if points.empty:
        raise QueryError("frame: no point has a good row of the metric; `run.failures()` says why")
    levels = points[list(wanted)].nunique()
    names = [name for name in dict.fromkeys(wanted) if levels[name] > 1]
    if not names:
        raise QueryError("parameters: none of them varies over the points that have a good row")
    own = [name for name in names if levels[name] == len(points)]
    if own and len(names) > 1:
        raise QueryError(
            f"parameters: every point has a value of its own for {own[0]!r}, which then explains everything; effects "
            "need points that share values, such as those of a grid"
        )
    return names


def _centred(values: NDArray[np.float64], metric: str) -> NDArray[np.float64]:
    """Return the values less their mean, scaled to a sum of squares of 1."""
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        raise QueryError(f"metric: {metric!r} is the same at every point: there is no variance to share out")
    # Scaled first: squares of very large or small values leave the range of a float.
    scaled = (values - values.mean()) / np.ptp(values)
    unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled)
    return unit


def _beside(terms: Sequence[_Term], term: _Term) -> list[_Term]:
    """Return the terms that do not contain `term`."""
    return [other for other in terms if not set(term) <= set(other)]


def _residual(values: NDArray[np.float64], terms: Sequence[_Term], codes: dict[str, NDArray[np.intp]]) -> float:
    """Return the sum of squares that a least-squares fit on the categories of `terms` leaves of centred values."""
    if not terms:
        return 1.0
    design = _design([_categories(term, codes) for term in terms])
    fit = lsmr(design, values, atol=_TOLERANCE, btol=_TOLERANCE, conlim=0, maxiter=10 * max(design.shape))[0]
    left = values - design @ fit
    return float(left @ left)


def _categories(term: _Term, codes: dict[str, NDArray[np.intp]]) -> NDArray[np.intp]:
    """Give each combination of values that occurs a number."""
    joint = np.stack([codes[name] for name in term], axis=1)
    return np.unique(joint, axis=0, return_inverse=True)[1].ravel()


def _design(groupings: Sequence[NDArray[np.intp]]) -> csr_array:
    """Return one column for each category of each grouping, of length 1: on a grid, any fit then takes few steps."""
    n_points, sizes = len(groupings[0]), [int(grouping.max()) + 1 for grouping in groupings]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    columns = np.stack(
        [grouping + offset for grouping, offset in zip(groupings, offsets, strict=False)], axis=1
    ).ravel()
    lengths = 1 / np.sqrt(np.bincount(columns))
    starts = np.arange(0, len(columns) + 1, len(groupings))
    return csr_array((lengths[columns], columns, starts), shape=(n_points, int(offsets[-1])))


def _is_balanced(points: pd.DataFrame, names: Sequence[str]) -> bool:
    counts = points.value_counts(list(names)).to_numpy()
    return len(counts) == points[list(names)].nunique().prod() and bool((counts == counts[0]).all())
