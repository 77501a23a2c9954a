"""One model twice, row by row and vectorized; ``WORKBENCH_EXPERIMENTS=random_models`` names both."""

import os
from dataclasses import dataclass

import numpy as np

from workbench.experiments import RowStreams, experiment

__all__ = ["drawn_alone", "drawn_together", "poisoned_draws"]


@dataclass(frozen=True)
class Drawn:
    first: float
    total: float
    hits: int


@dataclass(frozen=True)
class DrawnAndNormal:
    first: float
    total: float
    hits: int
    normal: float


@experiment(version="1")
def drawn_alone(*, a: float, b: int = 1, c: str = "z", d: bool = False, rng: np.random.Generator) -> Drawn:
    """Draw one number, then ten."""
    first, more = rng.random(), rng.random(10)
    return Drawn(first=first, total=a * (more[0] + more[1]) + b + len(c) + d, hits=int((more < 0.5).sum()))


@experiment(version="1", vectorized=True)
def drawn_together(*, a: float, b: int = 1, c: str = "z", d: bool = False, rng: RowStreams) -> DrawnAndNormal:
    """Draw one number for every row, then ten, then a normal one."""
    first, more = rng.random(), rng.random(10)
    lengths = np.array([len(text) for text in c], dtype=np.int64)
    return DrawnAndNormal(
        first=first,
        total=a * (more[:, 0] + more[:, 1]) + b + lengths + d,
        hits=(more < 0.5).sum(axis=1),
        normal=rng.standard_normal(),
    )


@dataclass(frozen=True)
class First:
    first: float


@experiment(version="1", vectorized=True)
def poisoned_draws(*, x: int, rng: RowStreams) -> First:
    """End the process if a six is among the values."""
    if np.any(x == 6):
        os._exit(1)
    return First(first=rng.random())
