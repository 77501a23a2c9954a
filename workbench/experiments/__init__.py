"""The simulations: the decorator that declares them, the registry that finds them, and the ones that come with us."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from workbench.experiments.declare import Experiment, experiment
from workbench.experiments.registry import catalog, discover, find
from workbench.experiments.rules import requires
from workbench.experiments.streams import RowStreams

if TYPE_CHECKING:
    from workbench.experiments.epidemic import sir_epidemic
    from workbench.experiments.marketplace import ride_hailing
    from workbench.experiments.queueing import mmc_queue

__all__ = [
    "Experiment",
    "RowStreams",
    "catalog",
    "discover",
    "experiment",
    "find",
    "mmc_queue",
    "requires",
    "ride_hailing",
    "sir_epidemic",
]

_MODULE_OF = {"mmc_queue": "queueing", "ride_hailing": "marketplace", "sir_epidemic": "epidemic"}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
