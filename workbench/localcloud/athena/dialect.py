"""Trino's SQL said in DuckDB's, where sqlglot's own translation would give another value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from workbench.localcloud.athena.failures import QueryFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UNNAMED", "to_duckdb"]

UNNAMED = "__unnamed_"
"""Start of the names of columns that the query leaves unnamed; Athena calls them ``_col`` and their place."""

_DIVISION = "division"
_FLOATING = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_RENAMED = {"geometric_mean": "geomean", "is_finite": "isfinite", "is_infinite": "isinf"}
_CONSTANTS = {"infinity": "inf", "nan": "nan"}


def to_duckdb(tree: exp.Expr, *, schema: Mapping[str, Mapping[str, str]]) -> str:
    """Translate a query; DuckDB must run it with ``integer_division`` on.

    Parameters
    ----------
    tree : sqlglot.exp.Expr
        A bound query; it is changed in place.
    schema : mapping
        For each table, the Trino type of each column.

    Returns
    -------
    str
        DuckDB's SQL; columns without a name are called ``UNNAMED`` and a number.

    Raises
    ------
    QueryFailedError
        When something has no translation.
    """
    _name_projections(tree)
    _keep_ieee_division(tree, schema=schema)
    for function in reversed(list(tree.find_all(exp.ApproxQuantile, exp.Anonymous))):  # the innermost first
        function.replace(_function(function))
    try:
        return tree.sql("duckdb", identify=True, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise QueryFailedError("NOT_SUPPORTED", f"the emulator cannot translate this query: {error}") from error


def _name_projections(tree: exp.Expr) -> None:
    for select in tree.find_all(exp.Select):
        for place, projection in enumerate(list(select.expressions)):
            if not projection.is_star and not isinstance(projection, (exp.Alias, exp.Column, exp.Dot)):
                projection.replace(exp.alias_(projection.copy(), f"{UNNAMED}{place}"))


def _keep_ieee_division(tree: exp.Expr, *, schema: Mapping[str, Mapping[str, str]]) -> None:
    # Under the setting integers divide to integers and fail at zero, as in Trino; but doubles fail too, where Trino
    # has infinity. The quoted function is the plain IEEE division.
    divisions = list(tree.find_all(exp.Div))
    for place, division in enumerate(divisions):
        division.meta[_DIVISION] = place
        division.set("typed", False)  # sqlglot would cast the quotient, which rounds
    floating = _floating_divisions(tree, schema=schema) if divisions else frozenset()
    for place, division in reversed(list(enumerate(divisions))):
        if place in floating:
            operator = exp.to_identifier("/", quoted=True)
            division.replace(exp.Anonymous(this=operator, expressions=[division.left.copy(), division.right.copy()]))


def _floating_divisions(tree: exp.Expr, *, schema: Mapping[str, Mapping[str, str]]) -> frozenset[int]:
    try:
        typed = qualify(tree.copy(), schema=dict(schema), dialect="trino", validate_qualify_columns=False)
        typed = annotate_types(typed, schema=dict(schema), dialect="trino")
    except SqlglotError:
        return frozenset()  # a column that cannot be resolved: DuckDB says which
    return frozenset(
        division.meta[_DIVISION]
        for division in typed.find_all(exp.Div)
        if _DIVISION in division.meta and (division.left.is_type(*_FLOATING) or division.right.is_type(*_FLOATING))
    )


def _function(function: exp.Expr) -> exp.Expr:
    if isinstance(function, exp.ApproxQuantile):
        if function.args.get("weight") or function.args.get("accuracy"):
            raise QueryFailedError("NOT_SUPPORTED", "the emulator has no weighted approx_percentile")
        return exp.func("quantile_disc", function.this.copy(), function.args["quantile"].copy())
    name = function.name.lower()
    if name in _CONSTANTS:
        return exp.cast(exp.Literal.string(_CONSTANTS[name]), "double")
    if name == "map_agg":
        return _map_of_lists(*function.expressions)
    if name in _RENAMED:
        return exp.func(_RENAMED[name], *(argument.copy() for argument in function.expressions))
    return function.copy()


def _map_of_lists(key: exp.Expr, value: exp.Expr) -> exp.Expr:
    present = exp.Where(this=exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null())))
    lists = [exp.Filter(this=exp.func("list", part.copy()), expression=present.copy()) for part in (key, value)]
    return exp.func("map", *lists, dialect="duckdb")
