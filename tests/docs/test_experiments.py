"""The page on writing experiments is right: what it shows runs, and it says what is there."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from workbench.experiments import RowStreams

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "experiments.md"
NAME = "page_on_experiments"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """All examples of the page, run in order as one module."""
    folder = tmp_path_factory.mktemp("page")
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    path = folder / f"{NAME}.py"
    path.write_text("\n\n".join(examples), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(sys.modules, NAME, module)  # where annotations and sources are looked up
        spec.loader.exec_module(module)
        yield module


def test_the_examples_run(page: Any) -> None:
    assert page.throw.spec.parameter("speed").unit == "m/s"
    assert page.dartboards.spec.vectorized
    assert page.deviation["common"] < 0.5 * page.deviation["independent"]


def test_the_two_dartboards_agree(page: Any) -> None:
    keys = np.arange(20, dtype=np.uint64).reshape(10, 2)
    generators = [np.random.Generator(np.random.Philox(key=key)) for key in keys]
    alone = [page.dartboard(radius=2.0, rng=generator).pi for generator in generators]
    assert page.dartboards(radius=np.full(10, 2.0), rng=RowStreams(keys)).pi.tolist() == alone
