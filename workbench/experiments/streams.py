"""Random numbers for many rows at once: what a vectorized experiment gets as its `rng`.

It draws from here the very numbers that an experiment of the same parameters, evaluated row by row, draws from its
`numpy.random.Generator`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from workbench.errors import ExperimentError
from workbench.experiments.normal import normal_quantile
from workbench.experiments.philox import WORDS_PER_BLOCK, philox_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Words: TypeAlias = NDArray[np.uint64]

__all__ = ["RowStreams"]

_WORDS_AT_A_TIME: Final = 1 << 15  # what is in work at one time stays in the processor's cache


class RowStreams:
    """One stream of random numbers for each row; what a vectorized experiment gets as `rng`.

    Every call goes on where the one before ended. A row's numbers depend on its key alone: not on the other rows, on
    how many they are, or on where they are evaluated.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n, 2)
        The key of every row.

    Attributes
    ----------
    keys : ndarray of uint64, shape (n, 2)
        The same, read-only. For what is not drawn here, `numpy.random.Generator(numpy.random.Philox(key=keys[i]))` is
        row i's generator at the beginning of its stream.

    Raises
    ------
    ExperimentError
        If the keys are of another shape or type.

    Examples
    --------
    >>> keys = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.uint64)
    >>> uniforms = RowStreams(keys).random(10)
    >>> uniforms.shape
    (3, 10)
    >>> bool((uniforms[2] == np.random.Generator(np.random.Philox(key=keys[2])).random(10)).all())
    True
    """

    def __init__(self, keys: Words) -> None:
        if keys.dtype != np.uint64 or keys.shape != (len(keys), 2):
            raise ExperimentError(f"keys: expected uint64 of shape (n, 2), came {keys.dtype} of shape {keys.shape}")
        self.keys = keys.view()
        self.keys.flags.writeable = False
        self._used = 0

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return f"<random streams of {len(self)} rows, {self._used} numbers drawn from each>"

    def random(self, size: int | None = None) -> Floats:
        """Draw uniform numbers from 0 (included) to 1 (excluded).

        Parameters
        ----------
        size : int, optional
            How many for each row; one where it is missing.

        Returns
        -------
        ndarray of float, shape (n, size), or (n,) without `size`
            Bit for bit what `numpy.random.Generator.random` gives each row.

        Raises
        ------
        ExperimentError
            If `size` is negative.
        """
        return self._draw(size, _uniform)

    def standard_normal(self, size: int | None = None) -> Floats:
        """Draw normal numbers of mean 0 and variance 1.

        Parameters
        ----------
        size : int, optional
            How many for each row; one where it is missing.

        Returns
        -------
        ndarray of float, shape (n, size), or (n,) without `size`
            Not the numbers of `numpy.random.Generator.standard_normal`, whose use of the stream varies from row to row:
            here each takes one number of the stream, and is the normal quantile that belongs to it.

        Raises
        ------
        ExperimentError
            If `size` is negative.
        """
        return self._draw(size, _normal)

    def _draw(self, size: int | None, numbers_of: Callable[[Words], Floats]) -> Floats:
        """Take the next words of every row's stream and make numbers of them, some rows at a time."""
        count = 1 if size is None else size
        if count < 0:
            raise ExperimentError(f"size={size}: choose how many numbers each row draws, at least 0")
        first, skip = divmod(self._used, WORDS_PER_BLOCK)
        n_blocks = -(-(skip + count) // WORDS_PER_BLOCK)
        self._used += count
        numbers = np.empty((len(self), count))
        step = max(1, _WORDS_AT_A_TIME // max(1, WORDS_PER_BLOCK * n_blocks))
        for start in range(0, len(self), step):
            words = philox_words(self.keys[start : start + step], first, n_blocks)
            numbers[start : start + step] = numbers_of(np.ascontiguousarray(words[:, skip : skip + count]))
        return numbers[:, 0] if size is None else numbers


def _uniform(words: Words) -> Floats:
    uniform: Floats = np.multiply(words >> np.uint64(11), 2.0**-53, dtype=np.float64)
    return uniform


def _normal(words: Words) -> Floats:
    # Half steps of 2**-52: symmetrical about 1/2, and neither 0 nor 1, which have no quantile.
    steps = np.add(words >> np.uint64(12), 0.5, dtype=np.float64)
    return normal_quantile(steps * 2.0**-52)
