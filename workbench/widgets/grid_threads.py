"""Threads that a panel starts and can wait for; the kernel stays free meanwhile."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Threads"]


class Threads:
    """Those that one panel has started."""

    def __init__(self) -> None:
        self._started: list[threading.Thread] = []

    def start(self, work: Callable[[], None], *, name: str) -> None:
        """Start some work; it shows its own errors."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._started = [*(other for other in self._started if other.is_alive()), thread]
        thread.start()

    def wait(self, timeout: float | None) -> None:
        """Return when all work that was started has ended, or after so many seconds."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        for thread in self._started:
            thread.join(None if timeout is None else max(0.0, deadline - time.monotonic()))
