"""Objects as files under a folder, with the keys of S3 as their paths."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LocalStore"]


class LocalStore:
    """A `Store` in a folder; an object is complete or absent, never half written.

    Parameters
    ----------
    root : Path
        The folder; made when the first object is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def __repr__(self) -> str:
        return f"LocalStore({str(self.root)!r})"

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Write an object; with `if_absent`, only where there is none yet."""
        path = self.root / key
        try:
            return _write(path, data, if_absent=if_absent)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error}") from error

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        path = self.root / key
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"cannot read {path}: {error}") from error

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        folder = self.root / prefix.rpartition("/")[0]
        found = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        visible = (key for key in found if not key.rsplit("/", 1)[-1].startswith("."))
        return iter(sorted(key for key in visible if key.startswith(prefix)))


def _write(path: Path, data: bytes, *, if_absent: bool) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        if not if_absent:
            os.replace(name, path)  # noqa: PTH105 -- name is the temporary file's string
            return True
        try:
            os.link(name, path)  # fails where the object exists: the file system's If-None-Match
        except FileExistsError:
            return False
        return True
    finally:
        Path(name).unlink(missing_ok=True)
