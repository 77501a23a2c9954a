"""The stack is synthesized once, as a terminal would, and read back from its cloud assembly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.contract import Catalog, decode

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parents[2]
# The CDK app is a program: its modules stand side by side, and are found from its own folder.
sys.path.insert(0, str(CHECKOUT / "cdk"))


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
    shutil.copytree(checkout / "cdk", tmp_path / "cdk", ignore=shutil.ignore_patterns("cdk.out", "__pycache__"))
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
