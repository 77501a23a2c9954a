"""What a form of a grid amounts to: its sweep, or every fault at its field; computed, never materialised."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from workbench.contract import SweepDocument, conform, sweep_faults
from workbench.space import Linspace, Product, Range, Values, Zip
from workbench.widgets.grid_entries import read_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.errors import Fault
    from workbench.space import Axis, Point, Space, Value
    from workbench.widgets.grid_form import GridForm

__all__ = ["GRID", "REPLICATES", "SEED", "Reading", "parameter_field", "read_form"]

GRID: Final = "grid"
REPLICATES: Final = "replicates"
SEED: Final = "seed"

_NO_AXIS: Final = "nothing varies: choose list, range, linspace or logspace for at least one parameter"
_AXIS: Final = re.compile(
    r"sweep\.space(?:\.factors\[(?P<factor>\d+)\])?\.axes"
    r"(?:\.(?P<name>\w+)(?:\.values\[(?P<position>\d+)\]|\.(?P<part>\w+))?)?"
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a form amounts to.

    Parameters
    ----------
    faults : mapping
        Messages by field: `parameter_field` of a name, `REPLICATES`, `SEED`, or `GRID` for the grid as a whole. Empty
        where the form is a sweep.
    document : SweepDocument, optional
        The conformed sweep of a form without faults.
    axes : mapping
        The axes that can be read, by parameter.
    fixed : mapping
        Likewise, the values of parameters that do not vary, without those left to their defaults.
    """

    faults: Mapping[str, tuple[str, ...]]
    document: SweepDocument | None = None
    axes: Mapping[str, Axis] = field(default_factory=dict)
    fixed: Mapping[str, Value] = field(default_factory=dict)

    @property
    def first_fault(self) -> str | None:
        """The first fault in words, and how many more there are; None where there is none."""
        listed = [(where, message) for where, messages in self.faults.items() for message in messages]
        if not listed:
            return None
        where, message = listed[0]
        more = f" (and {len(listed) - 1:,} more)" if listed[1:] else ""
        return f"{where.removeprefix(_PARAMETERS)}: {message}{more}"

    def preview(self, most: int = 5) -> list[Point]:
        """Return the first points, of the parameters that vary; none where the form has faults."""
        if self.document is None:
            return []
        space = self.document.space
        return [space.point(index) for index in range(min(most, space.size))]


_PARAMETERS: Final = "parameters."


def parameter_field(name: str) -> str:
    """Name the field of a parameter among faults."""
    return f"{_PARAMETERS}{name}"


def read_form(form: GridForm) -> Reading:
    """Read a form: texts into axes and values, and these against the experiment.

    Parameters
    ----------
    form : GridForm
        What was chosen and typed.

    Returns
    -------
    Reading
        With every fault, or with the sweep.
    """
    faults: dict[str, list[str]] = defaultdict(list)
    axes: dict[str, Axis] = {}
    fixed: dict[str, Value] = {}
    for parameter in form.spec.parameters:
        found, wrong = read_entry(parameter, form.entries[parameter.name])
        if wrong:
            faults[parameter_field(parameter.name)] += wrong
        elif isinstance(found, Values | Range | Linspace):
            axes[parameter.name] = found
        elif found is not None:
            fixed[parameter.name] = found
    # What cannot be read has its fault already: the rest is checked as if the experiment had no such parameter.
    sound = tuple(p for p in form.spec.parameters if parameter_field(p.name) not in faults)
    spec = msgspec.structs.replace(form.spec, parameters=sound)
    factors = tuple(filter(None, (tuple(name for name in factor if name in axes) for factor in form.factors)))
    document = SweepDocument(
        experiment=spec.name,
        fingerprint=spec.fingerprint,
        space=_space(factors, axes, form),
        fixed=fixed,
        replicates=_count(form.replicates, REPLICATES, faults, instead=1),
        seed=_count(form.seed, SEED, faults, instead=0),
        seeding=form.seeding,
    )
    for fault in sweep_faults(document, spec):
        if fault.path == "sweep.space.factors":
            if not form.factors:
                faults[GRID].append(_NO_AXIS)
            continue
        for where, message in _placed(fault, factors):
            faults[where].append(message)
    return Reading(
        faults={where: tuple(messages) for where, messages in faults.items()},
        document=None if faults else conform(document, spec),
        axes=axes,
        fixed=fixed,
    )


def _space(factors: tuple[tuple[str, ...], ...], axes: dict[str, Axis], form: GridForm) -> Space:
    zips = tuple(Zip({name: axes[name] for name in factor}) for factor in factors)
    if len(zips) == 1:
        bare = len(factors[0]) > 1 if form.bare is None else form.bare
        if bare:
            return zips[0]
    return Product(zips)


def _count(text: str, where: str, faults: dict[str, list[str]], *, instead: int) -> int:
    try:
        return int(text)
    except ValueError:
        faults[where].append(f"{text!r:.60} is not a whole number: write one such as {instead}")
        return instead


def _placed(fault: Fault, factors: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, str]]:
    """Find the fields that a fault of the sweep is about."""
    if found := _AXIS.fullmatch(fault.path):
        if found["name"] is None:  # axes that are zipped do not fit each other
            for name in factors[int(found["factor"] or 0)]:
                yield parameter_field(name), fault.message
            return
        position = f"value {int(found['position']) + 1}: " if found["position"] else ""
        part = f"{found['part']} " if found["part"] else ""
        yield parameter_field(found["name"]), f"{position}{part}{fault.message}"
    elif fault.path.startswith("sweep.fixed."):
        yield parameter_field(fault.path.removeprefix("sweep.fixed.")), fault.message
    else:
        where = {"sweep.replicates": REPLICATES, "sweep.seed": SEED}.get(fault.path, GRID)
        yield where, fault.message
