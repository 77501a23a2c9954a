"""The emulator's Glue and S3 as the caller of a query may see them: every read and write asks IAM for his rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.core.responses import get_account_id, get_region
from ministack.services import glue, s3

from workbench.localcloud.athena.failures import InvalidRequestError, QueryFailedError
from workbench.localcloud.athena.projection import GlueTable
from workbench.localcloud.athena.scan import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.localcloud.athena.projection import Partition

__all__ = ["Caller", "EmulatorCatalog", "ResultLocation"]


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Parameters
    ----------
    access_key : str
        The key that signed the request.
    """

    access_key: str

    def refusal(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> str | None:
        """Ask IAM whether the caller may do something.

        Parameters
        ----------
        action, resource : str
            What, such as ``s3:GetObject``, and on which ARN.
        context : mapping, optional
            Condition keys of the request.

        Returns
        -------
        str or None
            Why not; None where it is allowed.
        """
        if not app.AUTH:
            return None
        service = action.partition(":")[0]
        denied = iam_evaluator.enforce(
            self.access_key, action, service, get_region(), resource_arn=resource, service_context=dict(context or {})
        )
        if denied is None:
            return None
        if isinstance(denied, iam_evaluator.AuthError):
            return str(denied.message)
        return str(identity_denial_message(action, denied.principal_arn, resource, denied.decision == "Deny"))


@dataclass(frozen=True)
class EmulatorCatalog:
    """Glue's tables and S3's objects; must be used within the context of a request.

    Parameters
    ----------
    caller : Caller
        Whose rights count.
    """

    caller: Caller

    def table(self, database: str, name: str) -> GlueTable | None:
        """Return a table's definition.

        Parameters
        ----------
        database, name : str
            Which table, in lower case as Glue keeps names.

        Returns
        -------
        GlueTable or None
            The definition; None where there is no such table.

        Raises
        ------
        QueryFailedError
            When the caller may not read the definition.
        """
        for resource in ("catalog", f"database/{database}", f"table/{database}/{name}"):
            reason = self.caller.refusal("glue:GetTable", f"arn:aws:glue:{get_region()}:{get_account_id()}:{resource}")
            if reason:
                raise QueryFailedError("PERMISSION_DENIED", f"Insufficient permissions to execute the query. {reason}")
        definition = glue._tables.get(f"{database}/{name}")  # noqa: SLF001 - as the emulator's services read each other
        return None if definition is None else GlueTable.from_definition(definition)

    def objects(self, partition: Partition) -> tuple[StoredObject, ...]:
        """List the objects of a partition.

        Parameters
        ----------
        partition : Partition
            Which prefix.

        Returns
        -------
        tuple of StoredObject
            In the order of the keys; names that begin with ``_`` or ``.`` are hidden, as Athena has it.

        Raises
        ------
        QueryFailedError
            When the bucket is missing, or the caller may not list the prefix or read its first object.
        """
        bucket = s3._buckets.get(partition.bucket)  # noqa: SLF001
        if bucket is None:
            raise QueryFailedError("HIVE_FILESYSTEM_ERROR", f"The bucket {partition.bucket} does not exist")
        self._require("s3:ListBucket", partition.bucket, "", {"s3:prefix": partition.prefix})
        # Copied in one step: the loop that serves requests adds and removes objects beside this thread.
        present = list(bucket["objects"].items())
        found = sorted(
            StoredObject(partition.bucket, key, record["size"])
            for key, record in present
            if key.startswith(partition.prefix) and not _is_hidden(key.removeprefix(partition.prefix))
        )
        if found:
            # Rights are given by prefix: the first object stands for its partition.
            self._require("s3:GetObject", partition.bucket, found[0].key)
        return tuple(found)

    def read(self, stored: StoredObject) -> bytes:
        """Return an object's content.

        Parameters
        ----------
        stored : StoredObject
            Which object.

        Returns
        -------
        bytes
            The content.

        Raises
        ------
        QueryFailedError
            When it has gone since it was listed.
        """
        content = s3._get_object_data(stored.bucket, stored.key)  # noqa: SLF001
        if content is None:
            raise QueryFailedError("HIVE_CANNOT_OPEN_SPLIT", f"s3://{stored.bucket}/{stored.key} does not exist")
        return bytes(content)

    def _require(self, action: str, bucket: str, key: str, context: Mapping[str, str] | None = None) -> None:
        reason = self.caller.refusal(action, f"arn:aws:s3:::{bucket}/{key}".rstrip("/"), context)
        if reason:
            raise QueryFailedError("PERMISSION_DENIED", f"Permission denied on S3 path: s3://{bucket}/{key}. {reason}")


@dataclass(frozen=True)
class ResultLocation:
    """Where the result of one execution is written.

    Parameters
    ----------
    bucket, key : str
        The CSV file.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def verify(self, caller: Caller) -> None:
        """Check the bucket, as Athena does before it accepts a query.

        Parameters
        ----------
        caller : Caller
            Whose rights count.

        Raises
        ------
        InvalidRequestError
            When there is no such bucket or the caller may not see it.
        """
        missing = self.bucket not in s3._buckets  # noqa: SLF001
        if missing or caller.refusal("s3:GetBucketLocation", f"arn:aws:s3:::{self.bucket}"):
            raise InvalidRequestError(f"Unable to verify/create output bucket {self.bucket}")

    def may_read(self, caller: Caller) -> str | None:
        """Say why the caller may not read the result, if so.

        Parameters
        ----------
        caller : Caller
            Whose rights count.

        Returns
        -------
        str or None
            The reason.
        """
        return caller.refusal("s3:GetObject", f"arn:aws:s3:::{self.bucket}/{self.key}")

    def write(self, caller: Caller, *, csv: bytes, metadata: bytes) -> None:
        """Write the result and its description.

        Parameters
        ----------
        caller : Caller
            Whose rights count.
        csv, metadata : bytes
            The two files.

        Raises
        ------
        QueryFailedError
            When the caller may not write there, or S3 refuses.
        """
        files = ((self.key, csv, "text/csv"), (f"{self.key}.metadata", metadata, "application/json"))
        for key, content, kind in files:
            reason = caller.refusal("s3:PutObject", f"arn:aws:s3:::{self.bucket}/{key}")
            if reason is None:
                headers = {"content-type": kind, "content-length": str(len(content))}
                status, _, body = s3._put_object(self.bucket, key, content, headers)  # noqa: SLF001
                reason = None if status < 300 else body.decode()  # noqa: PLR2004 - HTTP
            if reason is not None:
                raise QueryFailedError(
                    "PERMISSION_DENIED", f"Access denied when writing output to url: {self}. {reason}"
                )


def _is_hidden(name: str) -> bool:
    return name.endswith("/") or any(part.startswith(("_", ".")) for part in name.split("/"))
