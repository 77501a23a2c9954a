"""Building, watching and exploring sweeps with the mouse or the keyboard: panels for notebooks.

Each panel is a thin layer of ipywidgets over a state machine that knows none of them. The public names are imported
when they are first used: ipywidgets belongs to the extra ``notebooks``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.widgets.explorer_panel import ResultsExplorer
    from workbench.widgets.grid_panel import GridBuilder
    from workbench.widgets.monitor_panel import RunMonitor

__all__ = ["GridBuilder", "ResultsExplorer", "RunMonitor"]

_MODULE_OF = {
    "GridBuilder": "workbench.widgets.grid_panel",
    "ResultsExplorer": "workbench.widgets.explorer_panel",
    "RunMonitor": "workbench.widgets.monitor_panel",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
