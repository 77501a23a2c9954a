"""What the functions carry: enough to run, nothing that they must not import, nothing that differs from day to day."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Synthesized

PARENT = "Parent/Function/Code"
CHILD = "Child/Function/Code"
RECORDER = "Recorder/Function/Code"
LAYER = "Libraries/Code"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_parent_carries_the_contract_and_no_numerics(synthesized: Synthesized) -> None:
    parent = synthesized.asset(PARENT)
    assert {"lambdas", "workbench", "catalog.json", "msgspec", "aws_lambda_powertools"} <= names(parent)
    assert not names(parent) & {"numpy", "pyarrow", "pandas", "boto3", "botocore", "matplotlib"}
    assert names(parent / "workbench") == {"__init__.py", "py.typed", "errors.py", "space", "contract", "storage"}
    assert names(parent / "lambdas") == {"__init__.py", "parent"}


def test_the_child_carries_the_experiments_and_no_clients(synthesized: Synthesized) -> None:
    child = synthesized.asset(CHILD)
    assert names(child) == {"lambdas", "workbench"}
    assert {"experiments", "compute", "contract", "storage"} <= names(child / "workbench")
    assert not names(child / "workbench") & {"runs", "analysis", "charts", "widgets", "localcloud"}
    assert names(child / "lambdas") == {"__init__.py", "child"}


def test_the_recorder_carries_no_experiments(synthesized: Synthesized) -> None:
    recorder = synthesized.asset(RECORDER)
    assert names(recorder) == {"lambdas", "workbench"}
    everywhere = {"__init__.py", "py.typed", "errors.py", "space", "contract", "storage"}
    assert names(recorder / "workbench") == everywhere | {"compute"}
    assert names(recorder / "lambdas") == {"__init__.py", "recorder"}


def test_the_layer_holds_what_a_child_imports_and_fits(synthesized: Synthesized) -> None:
    with zipfile.ZipFile(synthesized.asset(LAYER)) as layer:
        entries = layer.infolist()
    top_level = {tuple(entry.filename.split("/"))[:2] for entry in entries}
    assert {("python", name) for name in ("numpy", "numpy.libs", "pyarrow", "msgspec")} <= top_level
    assert not top_level & {("python", name) for name in ("pandas", "matplotlib", "boto3", "botocore")}
    # Lambda takes 250 MB, layer and code together.
    assert sum(entry.file_size for entry in entries) < 150 * 1024**2


def test_the_layer_is_made_for_lambdas_processor_and_python(synthesized: Synthesized) -> None:
    with zipfile.ZipFile(synthesized.asset(LAYER)) as layer:
        extensions = {name for name in layer.namelist() if ".cpython-" in name}
    assert extensions
    assert all(".cpython-313-x86_64-linux-gnu" in name for name in extensions)


@pytest.mark.parametrize("asset", [PARENT, CHILD, RECORDER])
def test_no_compiled_leftovers_are_staged(synthesized: Synthesized, asset: str) -> None:
    found = list(synthesized.asset(asset).rglob("*"))
    assert found
    assert not [path for path in found if path.name == "__pycache__" or path.suffix == ".pyc"]


def test_the_parent_knows_every_builtin_experiment(synthesized: Synthesized) -> None:
    assert {"mmc_queue", "sir_epidemic"} <= {spec.name for spec in synthesized.catalog.experiments}
