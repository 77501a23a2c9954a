"""Which tables a query reads, and which values each reference's own conditions allow for a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from workbench.localcloud.athena.failures import QueryFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TableReference", "column_position", "table_references"]


@dataclass(frozen=True)
class TableReference:
    """One place where a query names a table of the catalog.

    Parameters
    ----------
    node : sqlglot.exp.Table
        The place in the tree.
    database, name : str
        The table, in lower case.
    domains : dict of str to frozenset of str
        For a column, the only values that rows of this reference can have if they are to matter.
    """

    node: exp.Table
    database: str
    name: str
    domains: dict[str, frozenset[str]]


def table_references(tree: exp.Expr, *, database: str) -> tuple[TableReference, ...]:
    """Find every reference to a table, with the conditions of its own SELECT.

    Parameters
    ----------
    tree : sqlglot.exp.Expr
        A bound query.
    database : str
        The database of tables that name none.

    Returns
    -------
    tuple of TableReference
        One for each place, so a table that is read twice appears twice.

    Raises
    ------
    QueryFailedError
        For a table function.
    """
    found = []
    for scope in traverse_scope(tree):
        for alias, (_, source) in scope.selected_sources.items():
            if isinstance(source, exp.Table):
                if not isinstance(source.this, exp.Identifier):
                    raise QueryFailedError(
                        "FUNCTION_NOT_FOUND", f"Table function '{source.sql('trino')}' not registered"
                    )
                domains = _domains(scope, alias=alias, table=source)
                found.append(TableReference(source, (source.db or database).lower(), source.name.lower(), domains))
    return tuple(found)


def column_position(tree: exp.Expr, name: str) -> str:
    """Say where a name first stands in a query.

    Parameters
    ----------
    tree : sqlglot.exp.Expr
        The query as it was written.
    name : str
        A column, table or function.

    Returns
    -------
    str
        Such as ``line 1:8``.
    """
    for node in tree.find_all(exp.Identifier):
        if node.name.lower() == name.lower() and "line" in node.meta:
            return f"line {node.meta['line']}:{node.meta['col'] - (node.meta['end'] - node.meta['start'])}"
    return "line 1:1"


def _domains(scope: Scope, *, alias: str, table: exp.Table) -> dict[str, frozenset[str]]:
    domains: dict[str, frozenset[str]] = {}
    for condition in _conditions(scope.expression, table):
        narrowed = _domain(condition)
        if narrowed is None:
            continue
        column, values = narrowed
        if column.table.lower() in ("", alias.lower()):
            name = column.name.lower()
            domains[name] = domains.get(name, values) & values
    return domains


def _conditions(select: exp.Expr, table: exp.Table) -> Iterator[exp.Expr]:
    where = select.args.get("where")
    if where is not None:
        yield from _conjuncts(where.this)
    joins: list[exp.Join] = select.args.get("joins") or []
    # A full or right join keeps rows that fail its condition, from the side that it preserves.
    outer = any(join.side in ("FULL", "RIGHT") for join in joins)
    for join in joins:
        condition = join.args.get("on")
        if condition is not None and not outer and (join.side != "LEFT" or join.this is table):
            yield from _conjuncts(condition)


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _domain(condition: exp.Expr) -> tuple[exp.Column, frozenset[str]] | None:
    condition = condition.unnest()
    match condition:
        case exp.EQ():
            return _comparison(condition.left, [condition.right]) or _comparison(condition.right, [condition.left])
        case exp.In() if condition.expressions:
            return _comparison(condition.this, condition.expressions)
        case exp.Or():
            left, right = _domain(condition.left), _domain(condition.right)
            return (left[0], left[1] | right[1]) if left and right and left[0] == right[0] else None
    return None


def _comparison(column: exp.Expr, values: list[exp.Expr]) -> tuple[exp.Column, frozenset[str]] | None:
    column = column.unnest()
    texts = [_static_text(value) for value in values]
    if not isinstance(column, exp.Column) or any(text is None for text in texts):
        return None
    return column, frozenset(text for text in texts if text is not None)


def _static_text(value: exp.Expr) -> str | None:
    value = value.unnest()
    if isinstance(value, exp.Cast) and value.to.this in exp.DataType.TEXT_TYPES:
        value = value.this
    return str(value.this) if isinstance(value, exp.Literal) and value.is_string else None
