"""Sampled designs: n points that fill ranges, from scipy's quasi-Monte Carlo engines or plain random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.designs.ranges import read_range
from workbench.errors import SpaceError
from workbench.space import zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.space import Zip

__all__ = ["MAX_SAMPLES", "latin_hypercube", "monte_carlo", "sobol"]

# ruff: noqa: PLC0415 -- scipy.stats takes longer to load than all else here

# Every point is spelled out in the request, the manifest and each child's memory.
MAX_SAMPLES: Final = 1_000_000


def sobol(n: int, *, seed: int = 0, **ranges: object) -> Zip:
    """Fill ranges evenly with the points of a scrambled Sobol' sequence.

    The points of a smaller `n` are the first of a larger one, so that a design can be extended. Take powers of two:
    others lose the balance of the sequence, of which scipy warns.

    Parameters
    ----------
    n : int
        Number of points, a power of two.
    seed : int
        Of the scrambling (linear matrix scramble and digital shift; Owen, 1998; Matousek, 1998).
    **ranges
        For each parameter ``(low, high)`` of floats, ``range(first, stop)`` of integers, `loguniform`, or a list of
        choices.

    Returns
    -------
    Zip
        A space of explicit values, as `product` and `concat` take it.

    Raises
    ------
    SpaceError
        If a range cannot be read, or `n` cannot be; every fault with its parameter.

    Examples
    --------
    >>> import workbench as wb
    >>> design = wb.sobol(8, seed=1, arrival_rate=(0.5, 3.5), servers=range(1, 5))
    >>> design.size, sorted({point["servers"] for point in design})
    (8, [1, 2, 3, 4])
    """

    def draw(dimensions: int) -> NDArray[np.float64]:
        from scipy.stats import qmc

        return qmc.Sobol(dimensions, scramble=True, rng=seed).random(n)

    return _design(n, seed, ranges, draw)


def latin_hypercube(n: int, *, seed: int = 0, **ranges: object) -> Zip:
    """Fill ranges so that each of n equal parts of every single one holds exactly one point.

    Parameters
    ----------
    n : int
        Number of points; a larger design is another one, not an extension.
    seed : int
        Of the sample (McKay, Beckman and Conover, 1979).
    **ranges
        As of `sobol`.

    Returns
    -------
    Zip
        As of `sobol`.

    Raises
    ------
    SpaceError
        As of `sobol`.
    """

    def draw(dimensions: int) -> NDArray[np.float64]:
        from scipy.stats import qmc

        return qmc.LatinHypercube(dimensions, rng=seed).random(n)

    return _design(n, seed, ranges, draw)


def monte_carlo(n: int, *, seed: int = 0, **ranges: object) -> Zip:
    """Draw independent random points; those of a smaller `n` are the first of a larger one.

    Parameters
    ----------
    n : int
        Number of points.
    seed : int
        Of numpy's default generator.
    **ranges
        As of `sobol`.

    Returns
    -------
    Zip
        As of `sobol`.

    Raises
    ------
    SpaceError
        As of `sobol`.
    """
    return _design(n, seed, ranges, lambda dimensions: np.random.default_rng(seed).random((n, dimensions)))


def _design(n: int, seed: int, ranges: dict[str, object], draw: Callable[[int], NDArray[np.float64]]) -> Zip:
    faults = []
    scales = {}
    if not 1 <= n <= MAX_SAMPLES:
        faults.append(f"n: is {n}; from 1 to {MAX_SAMPLES:,} points, for each is spelled out: split the sweep")
    if seed < 0:
        faults.append(f"seed: is {seed}; 0 or more")
    if not ranges:
        faults.append("ranges: name at least one parameter, such as arrival_rate=(0.5, 3.5)")
    for name, given in ranges.items():
        try:
            scales[name] = read_range(name, given)
        except SpaceError as error:
            faults.append(str(error))
    if faults:
        raise SpaceError("; ".join(faults))
    sample = draw(len(scales))
    return zipped(**{name: scale(sample[:, place]) for place, (name, scale) in enumerate(scales.items())})
