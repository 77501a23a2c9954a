"""One's own SQL over a run: the rows that count are a relation that the statement sees as ``outcomes``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from workbench.analysis.checks import plain_value
from workbench.analysis.sql import Query, counting_rows
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.analysis.checks import SqlValue
    from workbench.contract import ExperimentSpec

__all__ = ["RELATION", "own_query"]

RELATION: Final = "outcomes"

# What may hold any text: strings, quoted names, comments.
_OPAQUE: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_BEGIN: Final = re.compile(r"\s*(?:(?P<select>SELECT)|(?P<with>WITH(?:\s+RECURSIVE)?))\b", re.IGNORECASE)
_INNERMOST: Final = re.compile(r"\([^()]*\)")
_VERB: Final = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE)\b", re.IGNORECASE)


def own_query(spec: ExperimentSpec, run_id: str, sql: str, parameters: Sequence[object] = ()) -> Query:
    """Make one's own statement a query over the rows of a run that count.

    Parameters
    ----------
    spec : ExperimentSpec
        The run's experiment.
    run_id : str
        The run.
    sql : str
        A SELECT, or a WITH and its SELECT, that reads ``outcomes``: each row of the run once, with the columns of the
        outcome files, ``run_id`` and ``status``. What Trino and DuckDB both understand runs on every back end; integers
        divide to integers on all of them.
    parameters : sequence of str, int, float or bool
        A value for each ``?`` of the statement.

    Returns
    -------
    Query
        The statement, with the relation in front.

    Raises
    ------
    QueryError
        If it is no single SELECT, or the values do not fit its ``?``.

    Examples
    --------
    >>> from workbench.contract import ExperimentSpec
    >>> spec = ExperimentSpec(
    ...     name="e", version="1", fingerprint="", uses_rng=False, doc="", parameters=(), metrics=()
    ... )
    >>> own_query(spec, "e-1", "SELECT count(*) FROM outcomes WHERE replicate < ?", [3]).parameters
    ('e-1', 'e-1', 'e-1', 3)
    """
    statement, bare = _single(sql)
    begin = _BEGIN.match(bare)
    if begin is None or _first_verb(bare) != "SELECT":
        raise QueryError(
            f"sql: give a SELECT, or a WITH and its SELECT, over the relation {RELATION!r}; not {_excerpt(statement)!r}"
        )
    if isinstance(parameters, str):
        raise QueryError(f"parameters: give a list of values, such as [{parameters!r}]")
    expected = bare.count("?")
    if expected != len(parameters):
        raise QueryError(f"parameters: the statement has {expected} ?, but {len(parameters)} values were given")
    values = tuple(_value(place, value) for place, value in enumerate(parameters))
    opening, rest = (begin["with"], f",{statement[begin.end() :]}") if begin["with"] else ("WITH", f"\n{statement}")
    text = f"{opening} {RELATION} AS (SELECT * FROM {counting_rows(spec)}){rest}"  # noqa: S608 - one's own SQL, over ours
    return Query(text, (run_id,) * 3 + values)


def _single(sql: str) -> tuple[str, str]:
    """Return the statement without its semicolon, and the same with all that may hold any text blotted out."""
    bare = _OPAQUE.sub(_blot, sql)
    statement, _, rest = bare.partition(";")
    if rest.strip(" \t\r\n;"):
        more = sql[len(statement) + 1 :]
        raise QueryError(f"sql: give one statement; behind the first ';' stands {_excerpt(more)!r}")
    return sql[: len(statement)], statement


def _blot(opaque: re.Match[str]) -> str:
    """Put as many characters in its place: blanks for a comment, and what ends a word for the others."""
    return (" " if opaque[0].startswith(("--", "/*")) else ".") * len(opaque[0])


def _first_verb(bare: str) -> str | None:
    """Find what a statement does: its first verb outside of parentheses."""
    outside, folded = 1, bare
    while outside:
        folded, outside = _INNERMOST.subn(" ", folded)
    found = _VERB.search(folded)
    return found[1].upper() if found else None


def _value(place: int, value: object) -> SqlValue:
    plain: Any = plain_value(value)
    if not isinstance(plain, str | int | float):
        raise QueryError(f"parameters[{place}]: {value!r} is {type(value).__name__}; give text, a number or a bool")
    return plain


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else f"{words[:40]}..."  # noqa: PLR2004 - enough to recognise it
