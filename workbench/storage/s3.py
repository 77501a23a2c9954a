"""Objects in an S3 bucket, through a botocore client that the caller made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["S3Store"]

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_PRESENT = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})


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

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Write an object; with `if_absent`, only where there is none yet."""
        condition = {"IfNoneMatch": "*"} if if_absent else {}
        try:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=data, **condition)
        except ClientError as error:
            if if_absent and _code(error) in _PRESENT:
                return False
            raise self._failed("write", key, error) from error
        except BotoCoreError as error:
            raise self._failed("write", key, error) from error
        return True

    def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        try:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise self._failed("read", key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", key, error) from error
        return body

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        try:
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"]
        except (ClientError, BotoCoreError) as error:
            raise self._failed("list", prefix, error) from error

    def _failed(self, action: str, key: str, error: Exception) -> StorageError:
        return StorageError(f"cannot {action} s3://{self.bucket}/{key}: {error}")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
