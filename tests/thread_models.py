"""An experiment that says how many threads linear algebra has where it is evaluated."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_info

from workbench.experiments import experiment

__all__ = ["threads"]


@dataclass(frozen=True)
class Threads:
    libraries: int
    most: int


@experiment(version="1")
def threads(*, x: int) -> Threads:
    """Use linear algebra, then ask."""
    np.linalg.solve(np.eye(4), np.ones(4))
    found = [library["num_threads"] for library in threadpool_info()]
    return Threads(libraries=len(found), most=max(found))
