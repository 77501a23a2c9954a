"""``workbench new``: a small package with an experiment, its test and a notebook, for a researcher to go on from."""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import shlex
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer
from rich.markup import escape

from workbench.cli.output import console
from workbench.contract import RESERVED_COLUMNS
from workbench.errors import WorkbenchError
from workbench.experiments import discover

__all__ = ["new", "write_package"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
# What the files call something else.
_USED: Final = frozenset({"dataclass", "experiment", "models", "np", "plt", "wb", "walk"})
_FILES: Final = {
    "gitignore": ".gitignore",
    "pyproject.toml": "pyproject.toml",
    "module.py": "{name}.py",
    "test_module.py": "tests/test_{name}.py",
    "notebook.ipynb": "{name}.ipynb",
}


def new(
    name: Annotated[str, typer.Argument(help="Of the package, its module and its experiment, such as my_model.")],
    *,
    folder: Annotated[Path, typer.Option(help="Where the package's folder is made.")] = Path(),
) -> None:
    """Write a package with a typed experiment, a test and a notebook."""
    made = write_package(name, folder)
    console.print(f"made [bold]{escape(str(made))}[/bold]:", highlight=False, soft_wrap=True)
    for file in _FILES.values():
        console.print(f"  {file.format(name=name)}", highlight=False)
    steps = (
        f"cd {shlex.quote(str(made))}",
        "python -m pytest",
        f"workbench check {name}",
        f"workbench up --experiments {name}",
    )
    console.print("\nnext:")
    for step in steps:
        console.print(f"  {escape(step)}", highlight=False, soft_wrap=True)


def write_package(name: str, folder: Path) -> Path:
    """Write a package that is complete: its test passes, its notebook runs, and it can be deployed.

    Parameters
    ----------
    name : str
        Of the package, its module and its experiment.
    folder : Path
        Where the package's folder is made.

    Returns
    -------
    Path
        The package's folder, named as the package.

    Raises
    ------
    WorkbenchError
        If the name cannot be taken, or something of that name is there: nothing is overwritten.
    """
    made = folder / name
    if fault := _fault(name):
        raise WorkbenchError(f"{name!r} {fault}")
    if made.exists():
        raise WorkbenchError(f"{made} is there already, and nothing is overwritten: choose another name or --folder")
    if fault := _taken(name):
        raise WorkbenchError(f"{name!r} {fault}")
    words = {"name": name, "distribution": name.replace("_", "-")}
    templates = files("workbench.cli") / "templates"
    try:
        (made / "tests").mkdir(parents=True)
        for template, file in _FILES.items():
            text = (templates / f"{template}.template").read_text(encoding="utf-8")
            (made / file.format(name=name)).write_text(Template(text).substitute(words), encoding="utf-8")
    except OSError as error:
        raise WorkbenchError(
            f"{made} cannot be written ({error.strerror or error}): choose another --folder"
        ) from error
    return made


def _fault(name: str) -> str | None:
    """Say why a text is no name of an experiment."""
    if not _NAME.fullmatch(name):
        return (
            "must be lower case, start with a letter and hold letters, digits and _, 63 at most, such as my_model: "
            "it names a module, an experiment and a table"
        )
    if keyword.iskeyword(name):
        return f"is a word of the language: choose another, such as {name}_model"
    if name in RESERVED_COLUMNS or name in _USED or hasattr(builtins, name):
        return f"has a meaning of its own in the files: choose another, such as {name}_model"
    return None


def _taken(name: str) -> str | None:
    """Say what has the name already."""
    if importlib.util.find_spec(name) is not None:
        return f"is a module that can be imported here, and would be hidden: choose another, such as {name}_model"
    if name in discover({}):
        return f"is an experiment that is there already: choose another, such as {name}_2"
    return None
