"""What answers need is loaded by whoever waits for a run anyway, beside the workers instead of after them.

A process that is forked while a module is half loaded never sees its other half: the two exclude each other.
"""

from __future__ import annotations

import gc
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ["load_answers", "nothing_half_loaded"]


class _Turns:
    """Whose turn it is: to load, or to start a worker, in which it is everybody's turn again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.Lock()


_turns: Final = _Turns()


def load_answers() -> None:
    """Load what the first question to a run in a folder needs; a second time there is next to nothing to do."""
    with _turns.lock, _no_collection():
        from workbench.analysis import summary  # noqa: F401, PLC0415 -- see above
        from workbench.analysis.duck import connect_ahead  # noqa: PLC0415 -- see above

        connect_ahead()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the collector: modules make many objects and no garbage, for which it would look an eighth of the time."""
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def nothing_half_loaded() -> AbstractContextManager[object]:
    """Keep `load_answers` out for as long as the context is open."""
    return _turns.lock
