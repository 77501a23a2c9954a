"""The source of an experiment, and the fingerprint that says which code made a run."""

from __future__ import annotations

import hashlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ExperimentError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fingerprint"]


def fingerprint(function: Callable[..., Any], version: str) -> str:
    """Hash the source of an experiment; line ends do not count.

    Parameters
    ----------
    function : callable
        What the researcher wrote.
    version : str
        As declared.

    Returns
    -------
    str
        32 hexadecimal digits, which change with the function's name, the version and the source of the module; of a
        package, whose module is its ``__init__``, with the source of all modules in it.

    Raises
    ------
    ExperimentError
        If there is no source.
    """
    text = "\n".join(_source(function).splitlines())
    return hashlib.blake2b(f"{function.__name__}\0{version}\0{text}".encode(), digest_size=16).hexdigest()


def _source(function: Callable[..., Any]) -> str:
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    if not file:
        return _source_of_cell(function)
    path = Path(file)
    source = path.read_text(encoding="utf-8")
    if path.name != "__init__.py":
        return source
    others = sorted(other.relative_to(path.parent).as_posix() for other in path.parent.rglob("*.py") if other != path)
    return source + "".join(f"\0{other}\0{(path.parent / other).read_text(encoding='utf-8')}" for other in others)


def _source_of_cell(function: Callable[..., Any]) -> str:
    """Source of a function whose module is no file, such as a notebook's cell."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError) as error:
        raise ExperimentError(
            f"experiment {function.__name__} has no source to fingerprint; write it in a module or a notebook cell"
        ) from error
