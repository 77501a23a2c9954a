"""The Python code that says the same as a form: run it, and the sweep is the same to the last bit."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Final

from workbench.space import Linspace, Range, Values
from workbench.widgets.grid_entries import exponents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.space import Axis
    from workbench.widgets.grid_form import GridForm
    from workbench.widgets.grid_reading import Reading

__all__ = ["sweep_code"]

_WIDTH: Final = 88


def sweep_code(form: GridForm, reading: Reading, experiment: str) -> str | None:
    """Write the code that makes the sweep of a form.

    Parameters
    ----------
    form : GridForm
        What was chosen and typed.
    reading : Reading
        What it amounts to.
    experiment : str
        The experiment as an expression: its name in quotes, or the function's.

    Returns
    -------
    str or None
        A program that assigns `sweep`; None where the form has faults.
    """
    document = reading.document
    if document is None:
        return None
    arguments = [experiment, _space_code(form, reading)]
    if document.replicates != 1:
        arguments.append(f"replicates={document.replicates}")
    if document.seed != 0:
        arguments.append(f"seed={document.seed}")
    if document.seeding != "independent":
        arguments.append(f"seeding={document.seeding!r}")
    if reading.fixed:
        items = [f"{name!r}: {value!r}" for name, value in reading.fixed.items()]
        arguments.append(_wrapped("fixed={", items, "}"))
    return f"import workbench as wb\n\nsweep = {_call('wb.Sweep', arguments)}\n"


def _space_code(form: GridForm, reading: Reading) -> str:
    factors = form.factors
    written = {name: f"{name}={_axis_code(form, name, reading.axes[name])}" for factor in factors for name in factor}
    zips = [_call("wb.zipped", [written[name] for name in factor]) for factor in factors]
    bare = len(factors[0]) > 1 if form.bare is None else form.bare
    if len(factors) == 1 and bare:
        return zips[0]
    # Keywords come last in a call: only the axes behind the last zip can be written as such.
    behind = max((place for place, factor in enumerate(factors, start=1) if len(factor) > 1), default=0)
    return _call("wb.product", zips[:behind] + [written[factor[0]] for factor in factors[behind:]])


def _axis_code(form: GridForm, name: str, axis: Axis) -> str:
    if form.entries[name].kind == "logspace":
        first, last, number = exponents(form.entries[name])
        return f"wb.logspace({first!r}, {last!r}, {number})"
    match axis:
        case Range(start, stop, step):
            return f"range({start}, {stop})" if step == 1 else f"range({start}, {stop}, {step})"
        case Linspace(start, stop, num):
            return f"wb.linspace({start!r}, {stop!r}, {num})"
        case Values(values):
            return _wrapped("[", map(repr, values), "]")


def _call(name: str, arguments: list[str]) -> str:
    return _wrapped(f"{name}(", arguments, ")", packed=False)


def _wrapped(opening: str, items: Iterable[str], closing: str, *, packed: bool = True) -> str:
    """Write a bracketed list on one line if it fits there, else on several, as a formatter would."""
    listed = list(items)
    line = f"{opening}{', '.join(listed)}{closing}"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    lines = _packed(listed) if packed else listed
    return "\n".join([opening, *(indent(f"{item},", "    ") for item in lines), closing])


def _packed(items: list[str]) -> Iterator[str]:
    line = ""
    for item in items:
        longer = f"{line}, {item}" if line else item
        if line and len(longer) > _WIDTH:
            yield line
            line = item
        else:
            line = longer
    yield line
