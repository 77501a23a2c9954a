"""The stack in the laptop that the notebooks run against: the one that is up already, else one of their own."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.localcloud import process
from workbench.localcloud.deploy import deploy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["running_stack"]

_HOME = "WORKBENCH_HOME"


@contextmanager
def running_stack() -> Iterator[None]:
    """Have a deployed stack that ``wb.connect("local")`` finds, in this process and in the kernels that it starts.

    Where ``WORKBENCH_HOME`` names a folder whose emulator runs, that one is taken as it is. Otherwise one is started
    in a temporary folder and stopped at the end; the user's own is left alone.

    Yields
    ------
    None

    Raises
    ------
    EmulatorError
        If the emulator or the stack cannot be brought up.
    """
    given = os.environ.get(_HOME)
    if given and process.find(process.default_state_dir()):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="workbench-notebooks-") as home:
        os.environ[_HOME] = home
        state_dir = process.default_state_dir()
        try:
            deploy(process.start(state_dir))
            yield
        finally:
            process.stop(state_dir)
            if given is None:
                del os.environ[_HOME]
            else:
                os.environ[_HOME] = given
