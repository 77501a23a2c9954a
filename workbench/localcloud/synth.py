"""The template: made by the CDK app of the checkout in a process of its own, and read back from its cloud assembly."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.contract import Environment
from workbench.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Assembly", "FileAsset", "fingerprint", "synthesize"]

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
# What the CDK's command line leaves in its folder, and what it brings.
_OTHERS: Final = frozenset({"cdk.out", "node_modules"})
_REMEDY: Final = (
    "the stack is made from a checkout of the project: clone it, run `pip install -e '.[emulator,cdk]'` there, "
    "and start from that environment"
)


@dataclass(frozen=True)
class FileAsset:
    """A file or folder that the template refers to.

    Parameters
    ----------
    source : Path
        Where it is now.
    zipped : bool
        Whether it is to be zipped on its way.
    bucket : str
        Where the template looks for it, with pseudo parameters.
    key : str
        Its key there.
    """

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """A synthesized stack.

    Parameters
    ----------
    stack_name : str
        Name to deploy it under.
    template : FileAsset
        CloudFormation's.
    assets : tuple of FileAsset
        What has to be uploaded first, the template included.
    """

    stack_name: str
    template: FileAsset
    assets: tuple[FileAsset, ...]


def fingerprint() -> str:
    """Hash everything that the stack is made from, so that an unchanged one need not be made again.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    EmulatorError
        If this is no checkout of the project.
    """
    digest = hashlib.blake2b(json.dumps([_context(), sys.version], sort_keys=True).encode(), digest_size=16)
    for path in _sources():
        digest.update(str(path).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def synthesize(folder: Path) -> Assembly:
    """Run the CDK app for the emulator.

    Parameters
    ----------
    folder : Path
        Where the cloud assembly goes.

    Returns
    -------
    Assembly

    Raises
    ------
    EmulatorError
        If this is no checkout, the CDK is not installed, or the app fails; with what it said.
    """
    app = _app()
    done = subprocess.run(
        [sys.executable, str(app)],
        cwd=app.parent,
        env=os.environ
        | {
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(_context()),
            # What can be imported here, a researcher's experiments above all, can be imported there.
            "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmulatorError(f"the stack cannot be made from {app}:\n{done.stderr.strip()}")
    return _read(folder)


def _app() -> Path:
    app = _CHECKOUT / "cdk" / "app.py"
    if not app.is_file():
        raise EmulatorError(f"there is no {app}: {_REMEDY}")
    if importlib.util.find_spec("aws_cdk") is None:
        raise EmulatorError(f"the AWS CDK is not installed: {_REMEDY}")
    return app


def _context() -> dict[str, object]:
    return {
        "emulator": True,
        "removal_policy": "destroy",
        "architecture": "host",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "experiments": os.environ.get(Environment.EXPERIMENTS, ""),
    }


def _sources() -> Iterator[Path]:
    folders = [_app().parent, _CHECKOUT / "lambdas", Path(__file__).resolve().parents[1]]
    modules = [point.value for point in entry_points(group="workbench.experiments")]
    modules += os.environ.get(Environment.EXPERIMENTS, "").split(",")
    for top_level in sorted({module.strip().partition(".")[0] for module in modules} - {"", "workbench"}):
        spec = importlib.util.find_spec(top_level)
        if spec is not None and spec.submodule_search_locations:
            folders += map(Path, spec.submodule_search_locations)
        elif spec is not None and spec.origin:
            yield Path(spec.origin)
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*.py") if _OTHERS.isdisjoint(path.parts))
    yield from (path for path in (_CHECKOUT / "cdk" / "cdk.json", _CHECKOUT / "constraints.txt") if path.is_file())


def _read(folder: Path) -> Assembly:
    artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    ((artifact_id, stack),) = (item for item in artifacts.items() if item[1]["type"] == "aws:cloudformation:stack")
    properties = stack["properties"]
    listed = json.loads((folder / f"{artifact_id}.assets.json").read_text(encoding="utf-8"))["files"]
    assets = {
        asset["source"]["path"]: FileAsset(
            source=folder / asset["source"]["path"],
            zipped=asset["source"]["packaging"] == "zip",
            bucket=destination["bucketName"],
            key=destination["objectKey"],
        )
        for asset in listed.values()
        for destination in asset["destinations"].values()
    }
    return Assembly(
        stack_name=properties.get("stackName", artifact_id),
        template=assets[properties["templateFile"]],
        assets=tuple(assets.values()),
    )
