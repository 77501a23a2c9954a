"""Which line of a researcher's files an error is about: not the library's that raised it, nor ours."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path
from typing import Final

__all__ = ["import_fault", "line_of"]

_OURS: Final = Path(__file__).resolve().parents[1]


def import_fault(module_name: str, error: BaseException) -> str:
    """Say why a module of experiments cannot be imported, and at which line of whose file.

    Parameters
    ----------
    module_name : str
        The module.
    error : BaseException
        What importing it raised.

    Returns
    -------
    str
        The end of a sentence that begins with the module.
    """
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
        if module_name.endswith(".py"):
            return f"is a file: name the module, {module_name.removesuffix('.py')!r}"
        return f"cannot be imported: {words}: install its package, or put its folder on PYTHONPATH"
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
        return f"cannot be imported: {type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    line = line_of(error, module_name)
    return f"cannot be imported: {words} ({line})" if line else f"cannot be imported: {words}"


def line_of(error: BaseException, module_name: str) -> str | None:
    """Find the last line that a researcher wrote on the way to an error.

    Parameters
    ----------
    error : BaseException
        As it was caught.
    module_name : str
        The module whose package, or whose neighbours where it is a file of its own, are the researcher's.

    Returns
    -------
    str or None
        Such as ``my_models.py, line 3``, with the file's folder; None where no such line took part.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if _is_theirs(frame.filename, module_name)]
    return f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else None


def _is_theirs(filename: str, module_name: str) -> bool:
    path = Path(filename).resolve()
    top_level = module_name.partition(".")[0]
    spec = importlib.util.find_spec(top_level) if top_level else None
    if spec is None or path.is_relative_to(_OURS):
        return False
    if spec.submodule_search_locations:
        return any(path.is_relative_to(Path(folder).resolve()) for folder in spec.submodule_search_locations)
    return spec.origin is not None and path.parent == Path(spec.origin).resolve().parent
