"""What the functions carry: enough to run, nothing that they must not import, nothing that differs from day to day."""

from __future__ import annotations

import platform
import sys
import zipfile
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from bundling import stage
from config import StageConfig
from sizes import LIMIT_BYTES, sizes_by_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from conftest import Synthesized

PARENT = "Parent/Function/Code"
CHILD = "Child/Function/Code"
RECORDER = "Recorder/Function/Code"
LAYER = "Libraries/Code"
# What we allow ourselves of Lambda's 250 MiB, unzipped: what is left is for a researcher's experiments.
BUDGET_BYTES = 150_000_000
SAME_PYTHON = StageConfig().python == ".".join(platform.python_version_tuple()[:2])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_parent_carries_the_contract_and_no_numerics(synthesized: Synthesized) -> None:
    parent = synthesized.asset(PARENT)
    assert {"lambdas", "workbench", "catalog.json", "msgspec", "aws_lambda_powertools"} <= names(parent)
    assert not names(parent) & {"numpy", "pyarrow", "pandas", "boto3", "botocore", "matplotlib"}
    assert names(parent / "workbench") == {"__init__.py", "py.typed", "errors.py", "space", "contract", "storage"}
    assert names(parent / "lambdas") == {"__init__.py", "telemetry.py", "parent"}


def test_the_child_carries_the_experiments_and_no_clients(synthesized: Synthesized) -> None:
    child = synthesized.asset(CHILD)
    assert names(child) == {"lambdas", "workbench"}
    assert {"experiments", "compute", "contract", "storage"} <= names(child / "workbench")
    assert not names(child / "workbench") & {"runs", "analysis", "charts", "widgets", "localcloud"}
    assert names(child / "lambdas") == {"__init__.py", "telemetry.py", "child"}


def test_the_recorder_carries_no_experiments(synthesized: Synthesized) -> None:
    recorder = synthesized.asset(RECORDER)
    assert names(recorder) == {"lambdas", "workbench"}
    everywhere = {"__init__.py", "py.typed", "errors.py", "space", "contract", "storage"}
    assert names(recorder / "workbench") == everywhere | {"compute"}
    assert names(recorder / "lambdas") == {"__init__.py", "telemetry.py", "recorder"}


def test_the_layer_holds_what_a_child_imports_and_fits(synthesized: Synthesized) -> None:
    with zipfile.ZipFile(synthesized.asset(LAYER)) as layer:
        entries = layer.infolist()
    top_level = {tuple(entry.filename.split("/"))[:2] for entry in entries}
    assert {("python", name) for name in ("numpy", "numpy.libs", "pyarrow", "msgspec")} <= top_level
    assert not top_level & {("python", name) for name in ("pandas", "matplotlib", "boto3", "botocore")}


def test_the_child_stays_within_its_budget(synthesized: Synthesized) -> None:
    parts = sizes_by_part(synthesized.asset(CHILD), synthesized.asset(LAYER))
    assert {"workbench", "lambdas", "numpy", "pyarrow"} <= parts.keys()
    assert sum(parts.values()) < BUDGET_BYTES < LIMIT_BYTES, parts


def test_the_layer_is_made_for_lambdas_processor_and_python(synthesized: Synthesized) -> None:
    with zipfile.ZipFile(synthesized.asset(LAYER)) as layer:
        extensions = {name for name in layer.namelist() if ".cpython-" in name}
    assert extensions
    assert all(".cpython-313-x86_64-linux-gnu" in name for name in extensions)


@pytest.mark.parametrize("asset", [PARENT, CHILD, RECORDER])
def test_bytecode_is_staged_for_the_functions_python_or_not_at_all(synthesized: Synthesized, asset: str) -> None:
    found = list(synthesized.asset(asset).rglob("*"))
    assert found
    bytecode = {path.name.split(".")[1] for path in found if path.suffix == ".pyc"}
    assert bytecode == ({"cpython-313"} if SAME_PYTHON else set())


def test_bytecode_that_is_left_out_is_mentioned(synthesized: Synthesized) -> None:
    said = (synthesized.folder / f"{synthesized.name}.metadata.json").read_text()
    assert ("no bytecode for Python 3.13" in said) is not SAME_PYTHON


def test_a_second_synthesis_gives_the_same_assets(
    synthesized: Synthesized, synthesize: Callable[..., CompletedProcess[str]], checkout: Path, tmp_path: Path
) -> None:
    done = synthesize(checkout / "cdk" / "app.py", tmp_path)
    assert done.returncode == 0, done.stderr
    for name in (f"{synthesized.name}.assets.json", f"{synthesized.name}.template.json"):
        assert (tmp_path / name).read_bytes() == (synthesized.folder / name).read_bytes()


def test_what_is_staged_for_this_python_is_the_same_twice(tmp_path: Path) -> None:
    here = ".".join(platform.python_version_tuple()[:2])
    config = StageConfig(emulator=True, architecture="host", python=here)
    first, second = (stage(config, tmp_path / name) for name in ("first", "second"))
    assert first.layer == second.layer
    for function in ("parent", "child", "recorder"):
        contents = [content(getattr(bundle, function)) for bundle in (first, second)]
        assert contents[0] == contents[1]
        assert f"lambdas/{function}/__pycache__/handler.{sys.implementation.cache_tag}.pyc" in contents[0]


OWN = """
from dataclasses import dataclass

import networkx

from workbench.experiments import experiment


@dataclass(frozen=True)
class Found:
    edges: int


@experiment(version="1")
def ring(*, nodes: int) -> Found:
    return Found(edges=networkx.cycle_graph(nodes).number_of_edges())
"""


def test_experiments_of_ones_own_bring_their_package_and_what_they_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "path" / "own_package"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(OWN)
    (package / "data" / "table.csv").write_text("1,2")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.syspath_prepend(package.parent)
    # What every layer has besides is looked at above.
    monkeypatch.setattr("bundling._LAYER_LIBRARIES", ("msgspec",))
    here = ".".join(platform.python_version_tuple()[:2])
    bundle = stage(
        StageConfig(
            emulator=True,
            architecture="host",
            python=here,
            experiments=("own_package.models",),
            requirements=(f"networkx=={version('networkx')}",),
        ),
        tmp_path / "staged",
    )
    assert "own_package.models" in bundle.modules
    assert "ring" in {spec.name for spec in bundle.catalog.experiments}
    assert {"own_package/models.py", "own_package/data/table.csv"} <= content(bundle.child).keys()
    with zipfile.ZipFile(bundle.layer) as layer:
        assert "python/networkx/__init__.py" in layer.namelist()
    for function in (bundle.parent, bundle.recorder):
        assert "own_package" not in names(function)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_parent_knows_every_builtin_experiment(synthesized: Synthesized) -> None:
    assert {"mmc_queue", "sir_epidemic"} <= {spec.name for spec in synthesized.catalog.experiments}
