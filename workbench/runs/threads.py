"""One thread per process for linear algebra: cores are shared out as processes, and sums keep their order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["one_thread", "stay_with_one_thread"]

# Read by libraries when they are loaded, once.
_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def one_thread() -> AbstractContextManager[object]:
    """Limit the libraries that are loaded to one thread, for as long as the context is open."""
    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


def stay_with_one_thread() -> None:
    """Limit the libraries that are loaded, and those that will be, to one thread for good; for a worker process."""
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))
    threadpool_limits(limits=1)
