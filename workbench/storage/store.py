"""The port: named objects that can be written once, read and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Store"]


class Store(Protocol):
    """Objects by key, as S3 keeps them."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Write an object; with `if_absent`, only where there is none yet.

        Returns
        -------
        bool
            Whether it was written.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        ...
