"""Experiments whose metrics are not the arrays, texts or numbers that they declare, in a way that a parameter names."""

import os
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from workbench.experiments import experiment

__all__ = ["coin", "long_texts", "numpy_scalars", "shapeless", "takes_every_name"]


@dataclass(frozen=True)
class Pair:
    first: float
    second: int


@dataclass(frozen=True)
class Kinds:
    real: float
    whole: int
    sure: bool
    maybe: float | None


@dataclass(frozen=True)
class Names:
    value: int
    failed: str
    ended: bool
    clock: float


@dataclass(frozen=True)
class Text:
    text: str
    note: str | None


@experiment(version="1", vectorized=True)
def shapeless(*, x: float, how: str) -> Pair:
    """Return a second metric that is not what was declared."""
    second: dict[str, Any] = {
        "short": np.zeros(len(x) - 1, dtype=np.int64),  # type: ignore[arg-type]
        "square": np.zeros((len(x), 2), dtype=np.int64),  # type: ignore[arg-type]
        "real": np.zeros(len(x)),  # type: ignore[arg-type]
        "list": [1, 2],
        "none": None,
        "huge": np.full(len(x), 2**63, dtype=np.uint64),  # type: ignore[arg-type]
    }
    kind = how[0]  # type: ignore[index]
    if kind == "missing":
        return SimpleNamespace(first=x)  # type: ignore[return-value]
    return Pair(first=x, second=second[kind])


@experiment(version="1")
def takes_every_name(*, index: int, function: str, rows: bool, columns: float) -> Names:
    """Return what came, under names that whoever calls it may use itself."""
    return Names(value=index, failed=function, ended=rows, clock=columns)


@experiment(version="1")
def coin(*, rng: np.random.Generator) -> Names:
    """Take nothing but a generator."""
    return Names(value=int(rng.integers(2)), failed="", ended=True, clock=0.0)


@experiment(version="1")
def numpy_scalars(*, x: int) -> Kinds:
    """Return numpy's scalars, which count as what they hold."""
    return Kinds(
        real=np.float32(x) if x % 2 else np.int16(x),
        whole=np.uint8(x),  # type: ignore[arg-type]
        sure=np.bool_(x),
        maybe=np.float64(x) if x else None,
    )


@experiment(version="1")
def long_texts(*, size: int, then: Literal["go on", "raise", "die"] = "go on") -> Text:
    """Return texts of any size, one of which no encoding takes; or raise with such a one, or end the process."""
    if size == 7 and then == "die":
        os._exit(3)
    if size == 7 and then == "raise":
        raise OSError("caf\udce9")
    return Text(text="é" * size + "\udce9", note=None if size % 2 else "n" * size)
