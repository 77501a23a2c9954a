"""What is typed for one parameter of a grid: texts that become a value or an axis, and axes that become texts again.

Texts are written so that reading them gives the same bits. Several values are separated by commas; a text that holds a
comma, or begins with a quote, is quoted as Python does it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import UNSET

from workbench.space import Linspace, Range, Value, Values, linspace, logspace

if TYPE_CHECKING:
    from workbench.contract import ParameterSpec
    from workbench.space import Axis

__all__ = ["KINDS", "Entry", "Kind", "entry_of_axis", "entry_of_value", "exponents", "kinds_for", "read_entry"]

Kind: TypeAlias = Literal["default", "fixed", "list", "range", "linspace", "logspace"]

KINDS: Final[tuple[Kind, ...]] = ("default", "fixed", "list", "range", "linspace", "logspace")
_VARYING: Final = frozenset({"list", "range", "linspace", "logspace"})
# Powers are spelled out, one by one, whenever a key is pressed.
_MAX_POWERS: Final = 10_000
_SHOWN: Final = 40  # characters of a text that a message repeats

_QUOTED: Final = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ITEM: Final = re.compile(rf"\s*(?:(?P<quoted>{_QUOTED})\s*(?:,|\Z)|(?P<plain>[^,]*)(?:,|\Z))", re.DOTALL)
# Escapes that Python reads without a warning.
_ESCAPED: Final = re.compile(r"(?:[^\\]|\\(?:[\\'\"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is chosen and typed for one parameter.

    Parameters
    ----------
    kind : str
        How its values are given; ``default`` leaves it to the experiment.
    texts : tuple of str
        The fields: a value or a list in the first; start, stop and step of a range; first, last and number of a
        linspace, and of the powers of ten of a logspace.
    group : int
        Parameters that vary and share a number above 0 are zipped; 0 is an axis of its own.
    """

    kind: Kind = "default"
    texts: tuple[str, str, str] = ("", "", "")
    group: int = 0

    @property
    def varies(self) -> bool:
        """Whether it is an axis of the grid."""
        return self.kind in _VARYING


def kinds_for(parameter: ParameterSpec) -> tuple[Kind, ...]:
    """Return the kinds that can be right for a parameter, by its type and whether it has a default."""
    by_type: dict[str, tuple[Kind, ...]] = {"float": KINDS, "int": KINDS[:4]}
    kinds = by_type.get(parameter.type, KINDS[:3])
    return kinds[1:] if parameter.default is UNSET else kinds


def read_entry(parameter: ParameterSpec, entry: Entry) -> tuple[Axis | Value | None, tuple[str, ...]]:
    """Read what was typed for a parameter; bounds and choices are the experiment's to check.

    Parameters
    ----------
    parameter : ParameterSpec
        Whose type the values have.
    entry : Entry
        What was typed.

    Returns
    -------
    found : axis, value or None
        None for the default, and where a text cannot be read.
    faults : tuple of str
        What cannot be read and what would be right, all at once.
    """
    if entry.kind == "default":
        missing = parameter.default is UNSET
        return None, ("needs a value: it has no default; choose another kind than default",) * missing
    try:
        if entry.kind == "list":
            return _read_list(parameter, entry.texts[0])
        return _read_fields(parameter, entry), ()
    except ValueError as error:
        return None, (str(error),)


def exponents(entry: Entry) -> tuple[float, float, int]:
    """Read first and last exponent and the number of values of a logspace; ValueError where that cannot be."""
    first, last, number = _ends_and_number(entry)
    if number > _MAX_POWERS:
        raise ValueError(f"number is {number:,}; a logspace of a form has at most {_MAX_POWERS:,} values")
    try:
        10.0**first, 10.0**last
    except OverflowError as error:
        raise ValueError(f"10 to the power of {max(first, last):g} is too large: exponents are below 308.25") from error
    return first, last, number


def entry_of_axis(axis: Axis, group: int) -> Entry:
    """Write an axis as what one would type for it."""
    match axis:
        case Values(values):
            return Entry(kind="list", texts=(", ".join(map(_write, values)), "", ""), group=group)
        case Range(start, stop, step):
            return Entry(kind="range", texts=(str(start), str(stop), str(step)), group=group)
        case Linspace(start, stop, num):
            return Entry(kind="linspace", texts=(repr(start), repr(stop), str(num)), group=group)


def entry_of_value(parameter: ParameterSpec, value: Value) -> Entry:
    """Write a value as what one would type for it; the default needs no typing."""
    if repr(value) == repr(parameter.default):
        return Entry()
    return Entry(kind="fixed", texts=(_write(value), "", ""))


def _write(value: Value) -> str:
    if not isinstance(value, str):
        return repr(value).lower() if isinstance(value, bool) else repr(value)
    plain = value.isprintable() and value == value.strip() and "," not in value and value[:1] not in {"", "'", '"'}
    return value if plain else repr(value)


def _read_fields(parameter: ParameterSpec, entry: Entry) -> Axis | Value:
    match entry.kind:
        case "range":
            start, stop, step = entry.texts
            return Range(_whole("start", start), _whole("stop", stop), _whole("step", step.strip() or "1"))
        case "linspace":
            return linspace(*_ends_and_number(entry))
        case "logspace":
            return logspace(*exponents(entry))
        case _:
            return _read_value(parameter, entry.texts[0].strip())


def _read_list(parameter: ParameterSpec, text: str) -> tuple[Values | None, tuple[str, ...]]:
    items = _items(text)
    if not items:
        return None, ("is empty: give values, separated by commas",)
    values: list[Value] = []
    faults = []
    for position, item in enumerate(items, start=1):
        try:
            values.append(_read_value(parameter, item))
        except ValueError as error:
            faults.append(f"value {position}: {error}")
    return (None, tuple(faults)) if faults else (Values(tuple(values)), ())


def _items(text: str) -> list[str]:
    """Split at commas that are not quoted; one may stand at the end."""
    items = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _ITEM.match(text, position, end)
        if found is None:
            raise ValueError(f"{_short(text)} cannot be split at its commas: quote texts as Python does")
        items.append(found["quoted"] or (found["plain"] or "").strip())
        position = found.end()
    return items


def _read_value(parameter: ParameterSpec, text: str) -> Value:
    if not text:
        raise ValueError(f"is empty: give {_A_VALUE[parameter.type]}")
    match parameter.type:
        case "float":
            return _real("", text)
        case "int":
            return _whole("", text)
        case "bool":
            if text.lower() not in {"true", "false"}:
                raise ValueError(f"{_short(text)} is neither true nor false")
            return text.lower() == "true"
        case "str":
            return _text(text)


_A_VALUE: Final = {
    "float": "a number such as 0.5",
    "int": "a whole number such as 10",
    "bool": "true or false",
    "str": "a text; '' is the empty one",
}


def _text(text: str) -> str:
    if text[0] in {"'", '"'}:
        try:
            if not (re.fullmatch(_QUOTED, text, re.DOTALL) and _ESCAPED.fullmatch(text, 1, len(text) - 1)):
                raise ValueError(text)  # noqa: TRY301 -- as where Python refuses it
            text = str(ast.literal_eval(text))
        except (ValueError, SyntaxError) as error:
            raise ValueError(f"{_short(text)} begins with a quote: end it with the same one, as Python does") from error
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{_short(text)} holds half a character, which cannot be stored: leave it out")
    return text


def _ends_and_number(entry: Entry) -> tuple[float, float, int]:
    first, last, number = entry.texts
    return _real("first", first), _real("last", last), _whole("number", number)


def _real(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"{what} {_short(text)} is not a number: write one such as 0.5".strip()) from error


def _whole(what: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"{what} {_short(text)} is not a whole number: write one such as 10".strip()) from error


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
