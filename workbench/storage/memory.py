"""Objects in a dictionary: the store for tests and for runs that nobody needs to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MemoryStore"]


class MemoryStore:
    """A `Store` in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Write an object; with `if_absent`, only where there is none yet."""
        if if_absent and key in self._objects:
            return False
        self._objects[key] = data
        return True

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        return self._objects.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        return iter(sorted(key for key in self._objects if key.startswith(prefix)))
