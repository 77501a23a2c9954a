"""Fixtures of the tests of experiments."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Import a text as a module of one name, freshly every time."""

    def load_text(text: str, *, newline: str = "\n", name: str = "lab_models") -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8", newline=newline)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        # Compiled here: a cached compilation of the earlier text could be taken for this one's.
        exec(compile(path.read_bytes(), path, "exec"), vars(module))  # noqa: S102 -- the test's own text
        return module

    return load_text
