"""Objects in a dictionary: the store for tests and for runs that nobody needs to keep."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workbench.storage.store import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MemoryStore"]


class MemoryStore:
    """A `Store` in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
        """Write an object; see `Store.put`."""
        found = self.read(key)
        if (if_absent and found) or (if_version is not None and (found is None or found.version != if_version)):
            return False
        self._objects[key] = data
        return True

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        return self._objects.get(key)

    def read(self, key: str) -> Stored | None:
        """Read an object with its version; None where there is none."""
        data = self.get(key)
        return None if data is None else Stored(data, hashlib.blake2b(data, digest_size=16).hexdigest())

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        return iter(sorted(key for key in self._objects if key.startswith(prefix)))
