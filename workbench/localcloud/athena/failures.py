"""How Athena says no: a refused request, a failed query, and a query over its scan limit."""

from __future__ import annotations

from workbench.errors import QueryError

__all__ = ["InvalidRequestError", "QueryFailedError", "ScanLimitError"]

_SYNTAX_ERROR = 1006
_DATA_ERROR = 1001


class InvalidRequestError(QueryError):
    """A request that Athena refuses before it becomes an execution.

    Parameters
    ----------
    message : str
        What is wrong, in Athena's words.
    code : str
        Athena's ``AthenaErrorCode``.
    """

    def __init__(self, message: str, *, code: str = "INVALID_INPUT") -> None:
        self.code = code
        super().__init__(message)


class QueryFailedError(QueryError):
    """An execution that ends as ``FAILED``.

    Parameters
    ----------
    code : str
        Trino's name for the error, such as ``COLUMN_NOT_FOUND``.
    message : str
        What is wrong, in Athena's words.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")

    def as_json(self) -> dict[str, object]:
        """Return Athena's ``AthenaError``.

        Returns
        -------
        dict
            Category (2: the user's), type, message and whether to retry.
        """
        return {
            "ErrorCategory": 2,
            "ErrorType": _DATA_ERROR if self.code.startswith("HIVE_") else _SYNTAX_ERROR,
            "Retryable": False,
            "ErrorMessage": str(self),
        }


class ScanLimitError(QueryError):
    """A query that would read more than its workgroup allows; Athena cancels it.

    Parameters
    ----------
    scanned : int
        Bytes that the query would read.
    """

    def __init__(self, scanned: int) -> None:
        self.scanned = scanned
        super().__init__("Bytes scanned limit was exceeded")
