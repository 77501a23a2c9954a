"""Bytecode for the functions: where they run nothing can be written, so what is not shipped is compiled at every start.

It is never held against its source again (``unchecked-hash``), names no folder of this machine, and is the same
whenever it is made.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["compile_sources"]

# A file that is no Python (a template, say) keeps its place without bytecode.
_COMPILE: Final = """
import compileall, py_compile, sys

mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(sys.argv[1], quiet=2, stripdir=sys.argv[1], invalidation_mode=mode)
"""


def compile_sources(folder: Path) -> None:
    """Put bytecode of this interpreter beside every module below a folder.

    Parameters
    ----------
    folder : Path
        What a function finds on its path.
    """
    # What else an interpreter has read shows in its bytecode: this one reads nothing else.
    subprocess.run([sys.executable, "-I", "-S", "-c", _COMPILE, str(folder)], check=True)
