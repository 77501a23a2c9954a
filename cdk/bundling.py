"""The code of the Lambdas: which files each of them carries, and the catalog that is made from the experiments.

A function carries only what it may import, so the parent cannot come to need numpy by accident.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

import workbench
from bytecode import compile_sources
from packages import BundlingError, Target, archive, check_pins
from sizes import check_sizes
from workbench.contract import Catalog, Environment, decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config import StageConfig

__all__ = ["Bundle", "stage"]

_CHECKOUT: Final = Path(__file__).resolve().parents[1]
_PACKAGE: Final = Path(workbench.__file__).resolve().parent
_CONSTRAINTS: Final = _CHECKOUT / "constraints.txt"
_EVERYWHERE: Final = ("__init__.py", "errors.py", "py.typed", "space", "contract", "storage")
_EVERY_FUNCTION: Final = ("__init__.py", "telemetry.py")
_CHILD_ONLY: Final = ("experiments", "compute")
_RECORDER_ONLY: Final = ("compute",)
# The Lambda runtime brings boto3 and botocore.
_PARENT_LIBRARIES: Final = ("aws-lambda-powertools", "msgspec")
_LAYER_LIBRARIES: Final = ("annotated-types", "aws-lambda-powertools", "lap", "msgspec", "numpy", "pyarrow")
_UNWANTED: Final = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What the functions of a deployment are made of.

    Parameters
    ----------
    parent : Path
        Folder of the parent's code, its libraries and the catalog.
    child : Path
        Folder of the child's code.
    recorder : Path
        Folder of the recorder's code.
    layer : Path
        Zip file of the libraries of the child and the recorder.
    catalog : Catalog
        The experiments that the child carries.
    modules : tuple of str
        Modules that hold experiments, beside the built-in ones.
    """

    parent: Path
    child: Path
    recorder: Path
    layer: Path
    catalog: Catalog
    modules: tuple[str, ...]


def stage(config: StageConfig, folder: Path) -> Bundle:
    """Put together what the functions of a deployment are made of.

    Parameters
    ----------
    config : StageConfig
        The deployment.
    folder : Path
        Empty folder for the code.

    Returns
    -------
    Bundle

    Raises
    ------
    BundlingError
        If the libraries cannot be installed, an experiment cannot be imported, or a function is too large for Lambda.
    """
    check_pins(config.requirements, _CONSTRAINTS)
    target = Target.of(config)
    modules = _experiment_modules(config)
    catalog_json = _print_catalog(modules)
    parent, child, recorder = folder / "parent", folder / "child", folder / "recorder"

    _copy_code("parent", _EVERYWHERE, parent)
    (parent / "catalog.json").write_bytes(catalog_json)

    _copy_code("child", (*_EVERYWHERE, *_CHILD_ONLY), child)
    for top_level in dict.fromkeys(module.partition(".")[0] for module in modules):
        _copy_importable(top_level, child)

    _copy_code("recorder", (*_EVERYWHERE, *_RECORDER_ONLY), recorder)

    if target.runs_bytecode_of_this:
        for code in (parent, child, recorder):
            compile_sources(code)
    layered = (*_LAYER_LIBRARIES, *config.requirements)
    # These bring their bytecode with them.
    with zipfile.ZipFile(archive(_PARENT_LIBRARIES, constraints=_CONSTRAINTS, target=target)) as libraries:
        libraries.extractall(parent)
    bundle = Bundle(
        parent=parent,
        child=child,
        recorder=recorder,
        layer=archive(layered, constraints=_CONSTRAINTS, target=target, folder="python"),
        catalog=decode(catalog_json, Catalog, source="python -m workbench.experiments"),
        modules=modules,
    )
    check_sizes(bundle)
    return bundle


def _experiment_modules(config: StageConfig) -> tuple[str, ...]:
    """Name the configured modules and the installed ones: inside Lambda no entry points are left to be found."""
    installed = sorted(point.value for point in entry_points(group="workbench.experiments"))
    return tuple(dict.fromkeys(name for name in (*installed, *config.experiments) if not name.startswith("workbench.")))


def _print_catalog(modules: Iterable[str]) -> bytes:
    """Run the registry in a process of its own: neither numpy nor a researcher's code belongs in this one."""
    done = subprocess.run(
        [sys.executable, "-m", "workbench.experiments"],
        env=os.environ | {Environment.EXPERIMENTS.value: ",".join(modules)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise BundlingError(f"the catalog cannot be made: correct the experiments. Python said:\n{reason}")
    return done.stdout


def _copy_code(function: str, parts: Iterable[str], into: Path) -> None:
    (into / "lambdas").mkdir(parents=True)
    for name in (*_EVERY_FUNCTION, function):
        _copy(_CHECKOUT / "lambdas" / name, into / "lambdas" / name)
    for part in parts:
        _copy(_PACKAGE / part, into / "workbench" / part)


def _copy_importable(name: str, into: Path) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or not (spec.submodule_search_locations or spec.origin):
        raise BundlingError(
            f"experiments: {name!r} cannot be imported here; install it, or put its folder on PYTHONPATH"
        )
    if locations := spec.submodule_search_locations:
        for location in locations:
            _copy(Path(location), into / name)
    elif spec.origin:
        _copy(Path(spec.origin), into / Path(spec.origin).name)


def _copy(source: Path, destination: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, destination, ignore=_UNWANTED, dirs_exist_ok=True)
    elif source.is_file():
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, destination)
    else:
        raise BundlingError(f"{source} is missing: the deployment needs a complete checkout of the project")
