"""Objects in an S3 bucket, through a botocore client that the caller made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import StorageError
from workbench.storage.store import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["S3Store"]

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_CONFLICT = frozenset({"PreconditionFailed", "412"})
_TRIES = 5


class S3Store:
    """A `Store` in a bucket.

    Parameters
    ----------
    client : botocore client
        Of S3; boto3's and botocore's own are alike.
    bucket : str
        Name of the bucket.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def __repr__(self) -> str:
        return f"S3Store({self.bucket!r})"

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
        """Write an object; see `Store.put`."""
        condition = {"IfNoneMatch": "*"} if if_absent else {"IfMatch": if_version} if if_version else {}
        try:
            self._put(key, data, condition)
        except ClientError as error:
            # An object that is gone is no longer the version that was to be replaced.
            if condition and _code(error) in (_CONFLICT if if_absent else _CONFLICT | _ABSENT):
                return False
            raise self._failed("write", key, error) from error
        except BotoCoreError as error:
            raise self._failed("write", key, error) from error
        return True

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        found = self.read(key)
        return found.data if found else None

    def read(self, key: str) -> Stored | None:
        """Read an object with its version; None where there is none."""
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key)
            return Stored(answer["Body"].read(), answer["ETag"])
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise self._failed("read", key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", key, error) from error

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        try:
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"]
        except (ClientError, BotoCoreError) as error:
            raise self._failed("list", prefix, error) from error

    def _put(self, key: str, data: bytes, condition: dict[str, str]) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                self._client.put_object(Bucket=self.bucket, Key=key, Body=data, **condition)
            except ClientError as error:
                # Two conditional writes met: S3 asks for another try, and only then says which of them won.
                if _code(error) != "ConditionalRequestConflict" or not tries_left:
                    raise
            else:
                return

    def _failed(self, action: str, key: str, error: Exception) -> StorageError:
        return StorageError(f"cannot {action} s3://{self.bucket}/{key}: {error}")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
