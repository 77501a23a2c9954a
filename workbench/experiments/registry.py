"""Which experiments there are: those installed as entry points and those that ``WORKBENCH_EXPERIMENTS`` names."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workbench.contract import Catalog, Environment
from workbench.errors import ExperimentError
from workbench.experiments.blame import import_fault
from workbench.experiments.declare import Experiment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

__all__ = ["catalog", "discover", "find", "survey"]

ENTRY_POINT_GROUP: Final = "workbench.experiments"
BUILTIN: Final = (
    "workbench.experiments.queueing",
    "workbench.experiments.epidemic",
    "workbench.experiments.marketplace",
)


def discover(environ: Mapping[str, str] | None = None) -> dict[str, Experiment[..., Any]]:
    """Import every module that provides experiments and collect them by name.

    Parameters
    ----------
    environ : mapping, optional
        Read ``WORKBENCH_EXPERIMENTS`` (module names separated by commas) from here; the process's own by default.

    Returns
    -------
    dict
        Experiments by name, sorted.

    Raises
    ------
    ExperimentError
        If a module cannot be imported (with the line that failed) or holds no experiment, or if two share a name.
    """
    found, faults = survey(environ)
    if faults:
        raise faults[0]
    return found


def survey(
    environ: Mapping[str, str] | None = None,
) -> tuple[dict[str, Experiment[..., Any]], tuple[ExperimentError, ...]]:
    """Collect what can be imported, and what `discover` would raise of the rest.

    Parameters
    ----------
    environ : mapping, optional
        As for `discover`.

    Returns
    -------
    experiments : dict
        By name, sorted; of two with one name the first.
    faults : tuple of ExperimentError
        One for each module that cannot be imported or holds no experiment, and for each name that is taken.
    """
    found: dict[str, Experiment[..., Any]] = {}
    faults: list[ExperimentError] = []
    for module in _modules(os.environ if environ is None else environ):
        try:
            candidates = _experiments_of(module)
        except ExperimentError as fault:
            faults.append(fault)
            continue
        for candidate in candidates:
            name = candidate.spec.name
            if found.setdefault(name, candidate) is not candidate:
                both = f"{_place(found[name])} and {_place(candidate)}"
                faults.append(ExperimentError(f"two experiments are named {name!r}, in {both}: rename one"))
    return dict(sorted(found.items())), tuple(faults)


def find(name: str) -> Experiment[..., Any]:
    """Return an experiment by name; modules are imported once per process.

    Parameters
    ----------
    name : str
        As in the catalog.

    Returns
    -------
    Experiment

    Raises
    ------
    ExperimentError
        If there is none of that name.
    """
    known = _discovered(os.environ.get(Environment.EXPERIMENTS, ""))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ExperimentError(
            f"no experiment is named {name!r}; {hint}Known: {', '.join(known)}. "
            f"Name the module that holds it in {Environment.EXPERIMENTS}."
        )
    return known[name]


def catalog() -> Catalog:
    """Describe every experiment that `discover` finds."""
    return Catalog(experiments=tuple(item.spec for item in discover().values()))


@lru_cache(maxsize=4)
def _discovered(modules: str) -> dict[str, Experiment[..., Any]]:
    return discover({Environment.EXPERIMENTS: modules})


def _modules(environ: Mapping[str, str]) -> tuple[str, ...]:
    from importlib.metadata import entry_points  # noqa: PLC0415 -- costs more than all else here; few look names up

    installed = (point.value for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name))
    named = (name.strip() for name in environ.get(Environment.EXPERIMENTS, "").split(","))
    return tuple(dict.fromkeys((*BUILTIN, *installed, *filter(None, named))))


def _experiments_of(module_name: str) -> list[Experiment[..., Any]]:
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise ExperimentError(f"experiments module {module_name!r} {import_fault(module_name, error)}") from error
    own = [item for item in vars(module).values() if isinstance(item, Experiment) and item.__module__ == module_name]
    if not own:
        raise ExperimentError(_without_experiments(module, module_name))
    return own


def _without_experiments(module: ModuleType, name: str) -> str:
    if (file := getattr(module, "__file__", None)) or not hasattr(module, "__path__"):
        where = file or "built into Python"
        return f"module {name!r} declares no experiment ({where}): decorate a function with @experiment"
    # A folder that is not meant as a package is one all the same, for whoever stands beside it.
    folder, inside = Path(next(iter(module.__path__))), f"{name.rpartition('.')[2]}.py"
    remedy = "name a module in it, or give it an __init__.py"
    if (folder / inside).is_file():
        remedy = f"work in it, or put it on PYTHONPATH, for it holds {inside}"
    return f"experiments module {name!r} is a folder without __init__.py ({folder}): {remedy}"


def _place(found: Experiment[..., Any]) -> str:
    return f"{found.function.__module__} (line {inspect.unwrap(found.function).__code__.co_firstlineno})"
