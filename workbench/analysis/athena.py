"""Runs queries with Athena, on AWS or on the stack in the laptop."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)
from pyathena.connection import Connection
from pyathena.cursor import Cursor
from pyathena.error import Error as PyAthenaError

from workbench.analysis.engine import frame_of
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import boto3
    import pandas as pd

    from workbench.analysis.checks import SqlValue
    from workbench.analysis.sql import Query

__all__ = ["AthenaEngine", "athena_literal"]

# Athena answers small queries in about a second; PyAthena's default of one poll a second would double that.
_POLL_SECONDS: Final = 0.25

_ARROW_TYPES: Final = {
    "boolean": pa.bool_(),
    "tinyint": pa.int64(),
    "smallint": pa.int64(),
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "float": pa.float64(),
    "real": pa.float64(),
    "double": pa.float64(),
    "decimal": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "char": pa.string(),
    "varchar": pa.string(),
    "string": pa.string(),
    "unknown": pa.null(),
}

_REMEDIES: Final = (
    (
        ("AccessDenied", "not authorized", "Insufficient permissions"),
        "attach the stack's researcher policy to your role",
    ),
    (("ExpiredToken", "UnrecognizedClient", "InvalidClientTokenId"), "renew your AWS credentials, then ask again"),
    (
        ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "does not exist", "is not found"),
        "deploy the stack again with this code",
    ),
    (("COLUMN_NOT_FOUND", "cannot be resolved"), "the table is of other code than yours: deploy the stack again"),
    (("Bytes scanned limit", "bytes scanned"), "ask for fewer metrics, or raise the workgroup's scan limit"),
    (
        ("HIVE_BAD_DATA", "HIVE_CANNOT_OPEN_SPLIT", "HIVE_CURSOR_ERROR"),
        "an outcome is damaged: remove it, resume the run",
    ),
    (("Throttling", "TooManyRequests"), "Athena is busy: ask again in a minute"),
)


class AthenaEngine:
    """Queries a deployed stack's tables.

    Parameters
    ----------
    database : str
        Glue database; the stack's output ``DatabaseName``.
    workgroup : str
        Athena workgroup, which also says where results go; the stack's output ``WorkgroupName``.
    session : boto3.Session, optional
        Credentials and region; by default those of the environment.
    region_name : str, optional
        Region; by default the session's.
    endpoint_url : str, optional
        Where Athena answers, if not at AWS.

    Raises
    ------
    QueryError
        If there is no region.
    """

    def __init__(
        self,
        *,
        database: str,
        workgroup: str,
        session: boto3.Session | None = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        region = region_name or (session.region_name if session else None)
        try:
            self._connection = Connection(
                session=session,
                region_name=region,
                endpoint_url=endpoint_url,
                schema_name=database,
                work_group=workgroup,
                s3_staging_dir="",  # the workgroup enforces its own; keeps PyAthena from reading the environment
                poll_interval=_POLL_SECONDS,
                cursor_class=Cursor,
            )
        except (BotoCoreError, PyAthenaError) as error:
            raise _refusal(error) from error

    def query(self, query: Query) -> pd.DataFrame:
        """Run a query and wait for the answer.

        Parameters
        ----------
        query : Query
            The statement and its values.

        Returns
        -------
        DataFrame
            As `QueryEngine` says.

        Raises
        ------
        QueryError
            If Athena cannot be reached or refuses; the message says what to do.
        """
        literals = [athena_literal(value) for value in query.parameters]
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query.sql, literals, paramstyle="qmark")
                return frame_of(_table(cursor.description or [], cursor.fetchall()))
        except (BotoCoreError, PyAthenaError) as error:
            raise _refusal(error) from error

    def over(self, run_ids: Sequence[str]) -> AthenaEngine:  # noqa: ARG002 -- the tables hold all runs
        """Return itself; see `QueryEngine.over`."""
        return self


def athena_literal(value: SqlValue) -> str:
    """Write a value as Athena wants its execution parameters: as an expression of the value's own type.

    Parameters
    ----------
    value : str, int, float or bool
        The value.

    Returns
    -------
    str
        A Trino literal.

    Examples
    --------
    >>> athena_literal("it's"), athena_literal(3), athena_literal(True)
    ("'it''s'", '3', 'true')

    A bare ``0.1`` would be a decimal:

    >>> athena_literal(0.1), athena_literal(float("-inf"))
    ("DOUBLE '0.1'", "DOUBLE '-Infinity'")
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"DOUBLE '{value!r}'".replace("inf", "Infinity").replace("nan", "NaN")
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _table(description: list[Any], rows: list[Any]) -> pa.Table:
    values = zip(*rows, strict=True) if rows else [()] * len(description)
    columns = [
        pa.array([float(cell) if isinstance(cell, Decimal) else cell for cell in column], type=_arrow_type(*entry[:2]))
        for entry, column in zip(description, values, strict=True)
    ]
    return pa.table(columns, names=[entry[0] for entry in description])


def _arrow_type(name: str, athena_type: str) -> pa.DataType:
    found = _ARROW_TYPES.get(athena_type.lower())
    if found is None:
        raise QueryError(f"column {name!r} is {athena_type}, which not every engine has: cast it to varchar in the SQL")
    return found


def _refusal(error: Exception) -> QueryError:
    """Word an error of Athena or of the way to it, with what to do."""
    cause = error if isinstance(error, BotoCoreError) else error.__cause__
    if isinstance(cause, NoCredentialsError | PartialCredentialsError):
        remedy = "give AWS credentials: set AWS_PROFILE, or sign in"
    elif isinstance(cause, NoRegionError):
        remedy = "name a region: set AWS_REGION or pass region_name="
    elif isinstance(cause, EndpointConnectionError):
        remedy = "is the stack running, and the network up?"
    else:
        fits = (text for marks, text in _REMEDIES if any(mark in str(error) for mark in marks))
        remedy = next(fits, "this is Athena's own message; its console shows the query")
    return QueryError(f"Athena cannot answer: {error}\n{remedy[:1].upper()}{remedy[1:]}")
