"""What AWS would refuse for its size is refused when it is put together, part by part."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from bundling import Bundle
from packages import BundlingError
from sizes import (
    LIMIT_BYTES,
    TEMPLATE_BYTES,
    TEMPLATE_RESOURCES,
    check_sizes,
    check_template,
    sizes_by_part,
)
from workbench.contract import Catalog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    folders = {name: tmp_path / name for name in ("parent", "child", "recorder")}
    for folder in folders.values():
        (folder / "lambdas" / "inner").mkdir(parents=True)
        (folder / "lambdas" / "handler.py").write_bytes(b"x" * 30)
        (folder / "lambdas" / "inner" / "module.py").write_bytes(b"x" * 12)
        (folder / "single.py").write_bytes(b"x" * 7)
    layer = tmp_path / "layer.zip"
    with zipfile.ZipFile(layer, "w", zipfile.ZIP_DEFLATED) as libraries:
        libraries.writestr("python/numpy/core.so", b"x" * 1000)
        libraries.writestr("python/numpy/lib/array.py", b"x" * 500)
    return Bundle(**folders, layer=layer, catalog=Catalog(experiments=()), modules=())


def test_parts_are_unzipped_bytes_the_largest_first(bundle: Bundle) -> None:
    parts = sizes_by_part(bundle.child, bundle.layer)
    assert list(parts.items()) == [("numpy", 1500), ("lambdas", 42), ("single.py", 7)]


def fill(folder: Path, size: int) -> None:
    """Add a file that has the size but takes no room."""
    with (folder / "weights.bin").open("wb") as weights:
        weights.truncate(size)


def test_a_function_of_exactly_the_limit_passes(bundle: Bundle) -> None:
    fill(bundle.child, LIMIT_BYTES - 1549)
    check_sizes(bundle)


@pytest.mark.parametrize("function", ["child", "recorder", "parent"])
def test_a_function_above_the_limit_is_refused_with_its_parts(bundle: Bundle, function: str) -> None:
    fill(getattr(bundle, function), LIMIT_BYTES)
    with pytest.raises(BundlingError, match=rf"the {function} is 262\.1 MB unzipped") as refused:
        check_sizes(bundle)
    assert "262.1 MB  weights.bin" in str(refused.value)


def template(folder: Path, *, resources: int, size: int) -> Path:
    text = json.dumps({"Resources": {str(number): {} for number in range(resources)}})
    made = folder / "template.json"
    made.write_text(text.ljust(size))
    return made


def test_a_template_of_exactly_the_limits_passes(tmp_path: Path) -> None:
    check_template(template(tmp_path, resources=TEMPLATE_RESOURCES, size=TEMPLATE_BYTES), experiments=70)


@pytest.mark.parametrize(("resources", "size"), [(501, 10_000), (3, 1_000_001)])
def test_a_template_above_a_limit_is_refused(tmp_path: Path, resources: int, size: int) -> None:
    told = rf"the template of 80 has {resources} resources and {size:,} bytes; CloudFormation takes 500 and 1,000,000"
    with pytest.raises(BundlingError, match=told):
        check_template(template(tmp_path, resources=resources, size=size), experiments=80)
