"""From a query's text to a bound tree: one statement, of a kind that only reads, its ``?`` filled with literals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError

from workbench.localcloud.athena.failures import InvalidRequestError, QueryFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Statement", "parse_statement"]

_MAX_LENGTH = 262_144
_MARKER = "__parameter_"
_ATOMS = (exp.Literal, exp.Boolean, exp.Null, exp.Cast, exp.Neg)


@dataclass(frozen=True)
class Statement:
    """A query that was read and not yet bound.

    Parameters
    ----------
    tree : sqlglot.exp.Expr
        The query; each ``?`` is a placeholder named by its place in the text.
    placeholders : int
        How many ``?`` there are.
    """

    tree: exp.Expr
    placeholders: int

    def bind(self, parameters: Sequence[str]) -> exp.Expr:
        """Return the query with every ``?`` replaced.

        Parameters
        ----------
        parameters : sequence of str
            One constant of Trino's SQL for each ``?``, in the order of the text.

        Returns
        -------
        sqlglot.exp.Expr
            A new tree.

        Raises
        ------
        QueryFailedError
            When the count is wrong or a parameter is no constant.
        """
        if len(parameters) != self.placeholders:
            raise QueryFailedError(
                "INVALID_PARAMETER_USAGE",
                f"Incorrect number of parameters: expected {self.placeholders} but found {len(parameters)}",
            )
        constants = [_constant(text, place) for place, text in enumerate(parameters)]
        tree = self.tree.copy()
        for placeholder in list(tree.find_all(exp.Placeholder)):
            placeholder.replace(constants[int(placeholder.name.removeprefix(_MARKER))].copy())
        return tree


def parse_statement(sql: str) -> Statement:
    """Read a query in Athena's dialect.

    Parameters
    ----------
    sql : str
        One statement, a trailing semicolon allowed.

    Returns
    -------
    Statement
        The query.

    Raises
    ------
    InvalidRequestError
        When it is too long, no single statement, malformed, or does more than read.
    """
    if len(sql) > _MAX_LENGTH:
        raise InvalidRequestError(f"QueryString has {len(sql)} characters; at most {_MAX_LENGTH} are allowed.")
    try:
        text, placeholders = _number_placeholders(sql)
        trees = [tree for tree in sqlglot.parse(text, read="trino") if tree is not None]
    except SqlglotError as error:
        raise InvalidRequestError(_syntax_message(error), code="MALFORMED_QUERY") from error
    if not trees:
        raise InvalidRequestError("Queries must not be empty.", code="MALFORMED_QUERY")
    if len(trees) > 1:
        raise InvalidRequestError(f"Only one sql statement is allowed. Got: {sql}", code="MALFORMED_QUERY")
    if not isinstance(trees[0], (exp.Query, exp.Values)):
        raise InvalidRequestError(
            "Queries of this type are not supported: the emulator only reads (SELECT, WITH, VALUES); "
            "tables come from the stack's template.",
            code="NOT_SUPPORTED",
        )
    if any(not node.name.startswith(_MARKER) for node in trees[0].find_all(exp.Placeholder)):
        raise InvalidRequestError("mismatched input ':': parameters are written as ?", code="MALFORMED_QUERY")
    return Statement(trees[0], placeholders)


def _number_placeholders(sql: str) -> tuple[str, int]:
    # The tree does not keep the order of the text, which is the order of the parameters.
    places = [token.start for token in Trino().tokenize(sql) if token.token_type is TokenType.PLACEHOLDER]
    parts, begin = [], 0
    for number, place in enumerate(places):
        parts += [sql[begin:place], f" :{_MARKER}{number} "]
        begin = place + 1
    return "".join([*parts, sql[begin:]]), len(places)


def _syntax_message(error: SqlglotError) -> str:
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        return f"line {first['line']}:{first['col']}: mismatched input '{first['highlight']}'. {first['description']}"
    return f"line 1:1: {error}"


def _constant(text: str, place: int) -> exp.Expr:
    problem = QueryFailedError("INVALID_PARAMETER_USAGE", f"parameter {place + 1} is not a constant of SQL: {text}")
    try:
        trees = sqlglot.parse(text, read="trino")
    except SqlglotError as error:
        raise problem from error
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Condition) or tree.find(exp.Column, exp.Query, exp.Table, exp.Placeholder):
        raise problem
    return tree if isinstance(tree, _ATOMS) else exp.Paren(this=tree)
