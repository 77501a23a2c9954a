"""Bytecode is the same wherever and whenever it is made, and is used without a look at its source."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from bytecode import compile_sources

if TYPE_CHECKING:
    from pathlib import Path

# Names, sets and constants are what differs between two processes, if anything does.
SOURCE = """
def kind(name):
    return name in {"alpha", "beta", "gamma"} and (1.5, "alpha", None)
"""


def compiled(folder: Path) -> dict[str, bytes]:
    package = folder / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text(SOURCE)
    (package / "template.py").write_text("{{ this is no Python }}")
    compile_sources(folder)
    return {path.name: path.read_bytes() for path in folder.rglob("*.pyc")}


def test_it_is_equal_in_every_folder_and_names_none(tmp_path: Path) -> None:
    first, second = (compiled(tmp_path / name) for name in ("one", "another/deeper"))
    assert first == second
    tag = sys.implementation.cache_tag
    assert first.keys() == {f"__init__.{tag}.pyc", f"model.{tag}.pyc"}
    assert not [name for name, content in first.items() if str(tmp_path).encode() in content]


def test_it_is_used_without_a_look_at_the_source(tmp_path: Path) -> None:
    compiled(tmp_path)
    (tmp_path / "package" / "model.py").write_text("raise SystemExit('compiled again')")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; from package.model import kind; print(kind('beta'))"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "(1.5, 'alpha', None)\n", done.stderr
