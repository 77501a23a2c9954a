"""Gives nbval a stack: brought up before the first notebook's kernel starts, and stopped after the last test.

The items of nbval take no fixtures, hence the hook. A kernel inherits the environment that names the stack.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

# Tests are imported by path: the folder of this file is no import path by itself.
sys.path.insert(0, str(Path(__file__).parent))

from notebook_stack import running_stack

_UP = pytest.StashKey[ExitStack]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Bring the stack up once, for the first cell that is about to run."""
    config = item.config
    if item.path.suffix != ".ipynb" or _UP in config.stash:
        return
    config.stash[_UP] = ExitStack()
    config.add_cleanup(config.stash[_UP].close)
    config.stash[_UP].enter_context(running_stack())
