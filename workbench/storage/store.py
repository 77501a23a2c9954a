"""The port: named objects that can be written once, replaced knowingly, read and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Store", "Stored"]


class Stored(NamedTuple):
    """An object as it was read: its bytes, and a name for this state of it."""

    data: bytes
    version: str


class Store(Protocol):
    """Objects by key, as S3 keeps them."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
        """Write an object: only where there is none yet, or only in the place of one version, where that is asked.

        Returns
        -------
        bool
            Whether it was written.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        ...

    def read(self, key: str) -> Stored | None:
        """Read an object with its version; None where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        ...
