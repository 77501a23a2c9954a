"""DuckDB's errors in Athena's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from workbench.localcloud.athena.failures import QueryFailedError
from workbench.localcloud.athena.references import column_position

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["failure_of"]

_COLUMN = re.compile(r'(?:Referenced (?:column|table) |does not have a column named )"([^"]+)"')
_FUNCTION = re.compile(r'Function with name "?([^\s"]+)"? does not exist')
_AMBIGUOUS = re.compile(r'Ambiguous reference to column name "([^"]+)"')


def failure_of(error: duckdb.Error, tree: exp.Expr) -> QueryFailedError:
    """Say what DuckDB refused as Athena would say it.

    Parameters
    ----------
    error : duckdb.Error
        DuckDB's error.
    tree : sqlglot.exp.Expr
        The query as it was written, for the place.

    Returns
    -------
    QueryFailedError
        The failure to raise.
    """
    text = str(error)
    if match := _COLUMN.search(text):
        name = match[1]
        return QueryFailedError(
            "COLUMN_NOT_FOUND",
            f"{column_position(tree, name)}: Column '{name}' cannot be resolved or requester is not authorized to "
            "access requested resources",
        )
    if match := _AMBIGUOUS.search(text):
        return QueryFailedError(
            "AMBIGUOUS_NAME", f"{column_position(tree, match[1])}: Column '{match[1]}' is ambiguous"
        )
    if match := _FUNCTION.search(text):
        return QueryFailedError("FUNCTION_NOT_FOUND", f"line 1:1: Function '{match[1]}' not registered")
    return QueryFailedError(_code(error, text), text.partition("\n")[0])


def _code(error: duckdb.Error, text: str) -> str:
    if "Division by zero" in text:
        return "DIVISION_BY_ZERO"
    if "GROUP BY" in text:
        return "EXPRESSION_NOT_AGGREGATE"
    if isinstance(error, duckdb.ConversionException):
        return "INVALID_CAST_ARGUMENT"
    if isinstance(error, (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)):
        return "SYNTAX_ERROR"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "EXCEEDED_LOCAL_MEMORY_LIMIT"
    return "GENERIC_INTERNAL_ERROR"
