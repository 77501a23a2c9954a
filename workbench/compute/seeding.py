"""Random numbers that depend on what a row is, never on where it is evaluated.

The key of a row's Philox generator is 128 bits mixed from the run's seed, the point's parameters and the replicate,
through SplitMix64's finaliser in two lanes (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA
2014). It does not depend on the grid around the point, so a row keeps its numbers when the grid is extended, reordered
or sharded otherwise. Philox: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.contract import ExperimentSpec, Seeding

__all__ = ["RowGenerator", "row_keys"]

_LANES: Final = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
_MULTIPLIERS: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))


def row_keys(
    spec: ExperimentSpec,
    columns: Mapping[str, NDArray[Any]],
    replicate: NDArray[np.int64],
    *,
    seed: int,
    seeding: Seeding,
) -> NDArray[np.uint64]:
    """Compute the Philox key of every row.

    Parameters
    ----------
    spec : ExperimentSpec
        For the types of the parameters.
    columns : mapping of ndarray, each of shape (n,)
        The rows' parameters.
    replicate : ndarray of int64, shape (n,)
        The rows' replicates.
    seed : int
        Of the run, from 0 to 2**64 - 1.
    seeding : {'independent', 'common'}
        With ``common`` the parameters are left out, so that all points see the same random numbers.

    Returns
    -------
    ndarray of uint64, shape (n, 2)
    """
    # What is the same for all rows is mixed once: arrays of length 1 until the first parameter.
    words = [("seed:int", np.array([seed], dtype=np.uint64))]
    if seeding == "independent":
        words += [
            (f"parameter:{parameter.name}:{parameter.type}", _words(columns[parameter.name]))
            for parameter in sorted(spec.parameters, key=lambda parameter: parameter.name)
        ]
    words.append(("replicate:int", replicate.astype(np.uint64)))
    keys = np.empty((len(replicate), 2), dtype=np.uint64)
    for lane, gamma in enumerate(_LANES):
        state = np.array([gamma], dtype=np.uint64)
        for name, word in words:
            state = _mix(state ^ _mix(word + _text_word(f"{lane}:{name}"))) + np.uint64(gamma)
        keys[:, lane] = _mix(state)
    return keys


class RowGenerator:
    """One generator for all rows of a shard, set anew for each: much cheaper than one for each.

    Its state is held in Python's own integers, from which numpy sets it several times faster than from arrays.
    """

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._stream: dict[str, tuple[int, ...]] = {"counter": (0, 0, 0, 0)}
        self._state: Any = {
            "bit_generator": "Philox",
            "state": self._stream,
            "buffer": (0, 0, 0, 0),
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }
        self.generator = np.random.Generator(self._bits)

    def at(self, key: tuple[int, ...]) -> np.random.Generator:
        """Set the generator to the beginning of the stream that `key`, of two words, names, and return it."""
        self._stream["key"] = key
        self._bits.state = self._state
        return self.generator


def _mix(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = (word ^ (word >> _SHIFTS[0])) * _MULTIPLIERS[0]
    word = (word ^ (word >> _SHIFTS[1])) * _MULTIPLIERS[1]
    return word ^ (word >> _SHIFTS[2])


def _words(column: NDArray[Any]) -> NDArray[np.uint64]:
    """One 64-bit word for each value; equal values, and 0.0 and -0.0, have equal words."""
    if column.dtype == np.float64:
        return (column + 0.0).view(np.uint64)  # -0.0 + 0.0 is 0.0
    if column.dtype == np.object_:
        known = {value: _text_word(value) for value in set(column)}
        return np.fromiter((known[value] for value in column), dtype=np.uint64, count=len(column))
    return column.astype(np.int64).view(np.uint64)


def _text_word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
