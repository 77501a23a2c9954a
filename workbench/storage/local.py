"""Objects as files under a folder, with the keys of S3 as their paths."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import StorageError
from workbench.storage.store import Stored

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

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
        """Write an object; see `Store.put`."""
        path = self.root / key
        try:
            if if_version is None:
                return _write(path, data, if_absent=if_absent)
            with _locked(path.parent):
                found = self.read(key)
                return found is not None and found.version == if_version and _write(path, data, if_absent=False)
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

    def read(self, key: str) -> Stored | None:
        """Read an object with its version; None where there is none."""
        data = self.get(key)
        return None if data is None else Stored(data, hashlib.blake2b(data, digest_size=16).hexdigest())

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        folder = self.root / prefix.rpartition("/")[0]
        found = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        visible = (key for key in found if not key.rsplit("/", 1)[-1].startswith("."))
        return iter(sorted(key for key in visible if key.startswith(prefix)))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from replacing an object between our reading and our writing of it."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
