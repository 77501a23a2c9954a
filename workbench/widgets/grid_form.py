"""The form of a grid: what is chosen and typed, as a frozen value, and the edits that lead to the next form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import UNSET

from workbench.widgets.grid_entries import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.contract import ExperimentSpec, Seeding

__all__ = ["GridForm", "blank_form"]


@dataclass(frozen=True, kw_only=True)
class GridForm:
    """All that a person has chosen and typed; nothing in it need make sense yet.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    entries : mapping
        An entry for each of its parameters.
    order : tuple of str
        All parameters; among those that vary, the last one varies fastest.
    replicates, seed : str
        As typed.
    seeding : {'independent', 'common'}
        As of `Sweep`.
    bare : bool, optional
        Whether a grid of one factor stands without a product around it. By default zipped parameters do, and a single
        one does not; a sweep that was written otherwise keeps its way.
    """

    spec: ExperimentSpec
    entries: Mapping[str, Entry]
    order: tuple[str, ...]
    replicates: str = "1"
    seed: str = "0"
    seeding: Seeding = "independent"
    bare: bool | None = None

    def with_entry(self, name: str, entry: Entry) -> GridForm:
        """Return the form with another entry for a parameter."""
        return replace(self, entries={**self.entries, name: entry})

    def with_rows(
        self, *, replicates: str | None = None, seed: str | None = None, seeding: Seeding | None = None
    ) -> GridForm:
        """Return the form with other replicates, seed or seeding; None leaves one as it is."""
        return replace(
            self,
            replicates=self.replicates if replicates is None else replicates,
            seed=self.seed if seed is None else seed,
            seeding=self.seeding if seeding is None else seeding,
        )

    @property
    def factors(self) -> tuple[tuple[str, ...], ...]:
        """Parameters that vary, those together that are zipped; the last factor varies fastest."""
        found: dict[int | str, list[str]] = {}
        for name in self.order:
            entry = self.entries[name]
            if entry.varies:
                found.setdefault(entry.group or name, []).append(name)
        return tuple(map(tuple, found.values()))

    @property
    def groups(self) -> int:
        """How many groups of zipped parameters there can be."""
        return len(self.spec.parameters) // 2


def blank_form(spec: ExperimentSpec) -> GridForm:
    """Return the form with which an experiment is first shown.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.

    Returns
    -------
    GridForm
        Defaults where there are any; the first parameter that needs values waits for a list of them.
    """
    needed = [parameter.name for parameter in spec.parameters if parameter.default is UNSET]
    entries = {parameter.name: Entry() for parameter in spec.parameters}
    entries |= {name: Entry(kind="fixed") for name in needed} | {name: Entry(kind="list") for name in needed[:1]}
    return GridForm(spec=spec, entries=entries, order=tuple(entries))
