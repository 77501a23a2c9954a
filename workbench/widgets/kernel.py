"""What the widgets need of the kernel that runs them: its own thread for what is not safe in another, and silence."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["after_typing", "displays_nothing", "in_the_kernel"]

_TYPING_SECONDS: Final = 0.4


def after_typing(call: Callable[[], None]) -> None:
    """Call something once what was typed before a click has come; at once where there is no kernel.

    A click overtakes it: while the kernel is busy, the front end holds back the latest text of a field until the one
    before it is answered, and a click never.

    Parameters
    ----------
    call : callable
        Must not raise.
    """
    loop = _loop()
    if loop is None:
        call()
    else:
        # Clicks may be handled in another thread than the loop's, which alone may set a timer.
        loop.add_callback(loop.call_later, _TYPING_SECONDS, call)


def in_the_kernel(call: Callable[[], None]) -> None:
    """Call something in the kernel's own thread, between its cells; at once where there is no kernel.

    Matplotlib is not safe in several threads: its settings are the process's, and the researcher's cells draw too.

    Parameters
    ----------
    call : callable
        Must not raise.
    """
    loop = _loop()
    if loop is None:
        call()
    else:
        loop.add_callback(call)


@contextmanager
def displays_nothing() -> Iterator[None]:
    """Keep what this thread displays from the notebook: it would land under whatever cell was run last."""
    publisher: Any = getattr(_shell(), "display_pub", None)
    if not hasattr(publisher, "register_hook"):
        yield
        return
    publisher.register_hook(_drop)
    try:
        yield
    finally:
        publisher.unregister_hook(_drop)


def _drop(_: object) -> None:
    """Let no message pass."""


def _loop() -> Any:
    return getattr(getattr(_shell(), "kernel", None), "io_loop", None)


def _shell() -> Any:
    """Return the shell of this process; IPython is only asked where it is loaded already."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
