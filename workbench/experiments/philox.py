"""The words of numpy's Philox generator for many keys at once.

Philox 4x64-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11) is a function of a key and a counter:
a block of a stream, four 64-bit words, needs none of the blocks before it, and the streams of many keys can be computed
side by side. What numpy draws from `Philox(key=...)` are the words of the blocks 1, 2, 3, ... in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words: TypeAlias = NDArray[np.uint64]

__all__ = ["WORDS_PER_BLOCK", "philox_words"]

WORDS_PER_BLOCK: Final = 4

_ROUNDS: Final = 10
_MULTIPLIERS: Final = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_BUMPS: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)
_SHORT: Final = 16  # blocks; where more are wanted, numpy's C saves more than the reset of its generator costs


def philox_words(keys: Words, first: int, n_blocks: int) -> Words:
    """Compute some blocks of the stream of every key.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n, 2)
        As `numpy.random.Philox` takes them.
    first : int
        The blocks that are left out at the beginning.
    n_blocks : int
        How many blocks follow.

    Returns
    -------
    ndarray of uint64, shape (n, 4 * n_blocks)

    Examples
    --------
    >>> keys = np.array([[1, 2], [3, 4]], dtype=np.uint64)
    >>> expected = np.random.Philox(key=keys[1]).random_raw(12)
    >>> bool((philox_words(keys, 1, 2)[1] == expected[4:]).all())
    True
    """
    return _side_by_side(keys, first, n_blocks) if n_blocks <= _SHORT else _one_by_one(keys, first, n_blocks)


def _side_by_side(keys: Words, first: int, n_blocks: int) -> Words:
    even, odd = np.ascontiguousarray(keys.T)
    # The rows come last, so that numpy's inner loops are long; what is the same for all rows is computed once.
    zero = np.zeros((1, 1), dtype=np.uint64)
    counters = np.arange(first + 1, first + n_blocks + 1, dtype=np.uint64)
    words: tuple[Words, ...] = (counters[:, np.newaxis], zero, zero, zero)
    for _ in range(_ROUNDS):
        high_0, low_0 = _multiplied(words[0], _MULTIPLIERS[0])
        high_1, low_1 = _multiplied(words[2], _MULTIPLIERS[1])
        words = (high_1 ^ words[1] ^ even, low_1, high_0 ^ words[3] ^ odd, low_0)
        even, odd = even + _BUMPS[0], odd + _BUMPS[1]
    return np.stack(words, axis=-1).transpose(1, 0, 2).reshape(len(keys), WORDS_PER_BLOCK * n_blocks)


def _one_by_one(keys: Words, first: int, n_blocks: int) -> Words:
    words = np.empty((len(keys), WORDS_PER_BLOCK * n_blocks), dtype=np.uint64)
    bits = np.random.Philox(key=0, counter=first)
    state = bits.state
    for index, key in enumerate(keys):
        state["state"]["key"] = key
        bits.state = state
        words[index] = bits.random_raw(words.shape[1])
    return words


def _multiplied(words: Words, by: np.uint64) -> tuple[Words, Words]:
    """Return the upper and the lower 64 bits of the products, from products of half words."""
    by_low, by_high = by & _LOW, by >> _HALF
    low, high = words & _LOW, words >> _HALF
    middle = high * by_low + (low * by_low >> _HALF)
    carried = low * by_high + (middle & _LOW)
    return high * by_high + (middle >> _HALF) + (carried >> _HALF), words * by
