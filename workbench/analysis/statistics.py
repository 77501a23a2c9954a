"""The statistics that one can ask for: their names, what each takes from the engine, and the columns it becomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from workbench.analysis.checks import check_names
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["DEFAULT_STATS", "STATISTICS", "check_stats", "columns_of", "measures_of", "quantile_fraction"]

DEFAULT_STATS: Final = ("count", "mean", "std", "sem", "ci")
STATISTICS: Final = (*DEFAULT_STATS, "min", "max", "median")

# Statistics that are computed here, and what of the engine's they are computed from; it measures the others itself.
_MEASURES: Final = {"sem": ("count", "std"), "ci": ("count", "mean", "std"), "median": ("p50",)}
_COLUMNS: Final = {"ci": ("ci_low", "ci_high")}

_QUANTILE: Final = re.compile(r"p(\d{1,3}(?:\.\d+)?)")
_EXAMPLES: Final = ("p5", "p50", "p97.5")
_WHOLE: Final = 100  # per cent


def check_stats(stats: Sequence[str] | None, *, beside: Sequence[str] = ()) -> tuple[str, ...]:
    """Refuse statistics that there are not, and those whose column would stand twice in the answer.

    Parameters
    ----------
    stats : sequence of str or None
        Names of `STATISTICS`, or quantiles such as ``p97.5``; None for `DEFAULT_STATS`.
    beside : sequence of str
        The other columns of the answer.

    Returns
    -------
    tuple of str
        The names.

    Raises
    ------
    QueryError
        If there is none, or one is unknown, repeated or named like another column.
    """
    if stats is None:
        return DEFAULT_STATS
    quantiles = [name for name in stats if quantile_fraction(name) is not None]
    valid = list(dict.fromkeys([*STATISTICS, *_EXAMPLES, *quantiles]))
    if not stats:
        raise QueryError(f"stats: name at least one of {', '.join(map(repr, valid))}")
    check_names("stats", stats, valid)
    if twice := [name for name in beside if name in columns_of(stats)]:
        raise QueryError(f"stats: the answer would have two columns {twice[0]!r}, for that is a parameter's name too")
    return tuple(stats)


def columns_of(stats: Iterable[str]) -> tuple[str, ...]:
    """Name the columns of a tidy frame that hold some statistics.

    Parameters
    ----------
    stats : iterable of str
        As `check_stats` returns them.

    Returns
    -------
    tuple of str
        One each, but ``ci_low`` and ``ci_high`` for ``ci``.

    Examples
    --------
    >>> columns_of(["mean", "ci", "p5"])
    ('mean', 'ci_low', 'ci_high', 'p5')
    """
    return tuple(column for name in stats for column in _COLUMNS.get(name, (name,)))


def measures_of(stats: Iterable[str]) -> tuple[str, ...]:
    """Name what an engine has to measure for some statistics.

    Parameters
    ----------
    stats : iterable of str
        As `check_stats` returns them.

    Returns
    -------
    tuple of str
        Each once: ``count``, ``mean``, ``std``, ``min``, ``max`` or a quantile.

    Examples
    --------
    >>> measures_of(["sem", "ci", "median", "p5"])
    ('count', 'std', 'mean', 'p50', 'p5')
    """
    return tuple(dict.fromkeys(measure for name in stats for measure in _MEASURES.get(name, (name,))))


def quantile_fraction(name: str) -> float | None:
    """Read the name of a quantile.

    Parameters
    ----------
    name : str
        Such as ``p97.5``.

    Returns
    -------
    float or None
        From 0 to 1; None where the name is of no quantile.

    Examples
    --------
    >>> quantile_fraction("p25"), quantile_fraction("p101"), quantile_fraction("mean")
    (0.25, None, None)
    """
    found = _QUANTILE.fullmatch(str(name))
    percent = float(found[1]) if found else None
    return None if percent is None or percent > _WHOLE else percent / _WHOLE
