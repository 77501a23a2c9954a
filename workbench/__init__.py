"""Parameter sweeps of simulations: one typed function, a grid, and the same rows from a laptop or the cloud.

The public names are imported when they are first used, so that ``import workbench`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.designs import latin_hypercube, loguniform, monte_carlo, sobol, star
    from workbench.errors import WorkbenchError
    from workbench.experiments.declare import Experiment, experiment
    from workbench.experiments.rules import requires
    from workbench.experiments.streams import RowStreams
    from workbench.runs.backend import Backend
    from workbench.runs.compare import compare
    from workbench.runs.connect import connect, processes, serial
    from workbench.runs.history import history
    from workbench.runs.run import Run
    from workbench.runs.sweep import Sweep
    from workbench.space import concat, linspace, logspace, product, zipped

__all__ = [
    "Backend",
    "Experiment",
    "RowStreams",
    "Run",
    "Sweep",
    "WorkbenchError",
    "compare",
    "concat",
    "connect",
    "experiment",
    "history",
    "latin_hypercube",
    "linspace",
    "logspace",
    "loguniform",
    "monte_carlo",
    "processes",
    "product",
    "requires",
    "serial",
    "sobol",
    "star",
    "zipped",
]

_MODULE_OF = {
    "Backend": "workbench.runs.backend",
    "Experiment": "workbench.experiments.declare",
    "RowStreams": "workbench.experiments.streams",
    "Run": "workbench.runs.run",
    "Sweep": "workbench.runs.sweep",
    "WorkbenchError": "workbench.errors",
    "compare": "workbench.runs.compare",
    "concat": "workbench.space",
    "connect": "workbench.runs.connect",
    "experiment": "workbench.experiments.declare",
    "history": "workbench.runs.history",
    "latin_hypercube": "workbench.designs",
    "linspace": "workbench.space",
    "logspace": "workbench.space",
    "loguniform": "workbench.designs",
    "monte_carlo": "workbench.designs",
    "processes": "workbench.runs.connect",
    "product": "workbench.space",
    "requires": "workbench.experiments.rules",
    "serial": "workbench.runs.connect",
    "sobol": "workbench.designs",
    "star": "workbench.designs",
    "zipped": "workbench.space",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
