"""From a sweep back to the form that makes it; a sweep that no form can show is refused, and nothing of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from workbench.errors import SpaceError
from workbench.space import Concat, Product, Values, Where, Zip
from workbench.widgets.grid_entries import Entry, entry_of_axis, entry_of_value
from workbench.widgets.grid_form import GridForm

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec, SweepDocument
    from workbench.space import Space

__all__ = ["form_of"]

# Each is a line of text that is read again whenever a key is pressed.
_MAX_LISTED: Final = 10_000
_WHAT = {Concat: "is a concatenation of spaces", Where: "keeps some points of a larger space"}


def form_of(document: SweepDocument, spec: ExperimentSpec) -> GridForm:
    """Write a sweep as a form.

    Parameters
    ----------
    document : SweepDocument
        A conformed sweep.
    spec : ExperimentSpec
        Its experiment as it is now.

    Returns
    -------
    GridForm
        Whose sweep is the same document, where the experiment has not changed.

    Raises
    ------
    SpaceError
        If the form cannot show the space, or the experiment has lost a parameter of it.
    """
    if document.replicates_before:
        _refuse(
            f"has replicates from {document.replicates_before:,} on, as a refinement has, where the form begins at 0"
        )
    zips = _zips(document.space)
    known = {parameter.name for parameter in spec.parameters}
    names = [name for factor in zips for name in factor.axes]
    if lost := sorted({*names, *document.fixed} - known):
        raise SpaceError(
            f"{spec.name} has no parameter {', '.join(lost)} any more: the sweep belongs to other code (version and "
            f"source {document.fingerprint[:12]}), with which it can be submitted again"
        )
    entries = {
        parameter.name: entry_of_value(parameter, document.fixed[parameter.name])
        if parameter.name in document.fixed
        else Entry()
        for parameter in spec.parameters
    }
    group = 0
    for factor in zips:
        zipped = len(factor.axes) > 1
        group += zipped
        entries |= {name: entry_of_axis(axis, group if zipped else 0) for name, axis in factor.axes.items()}
    return GridForm(
        spec=spec,
        entries=entries,
        order=(*names, *(name for name in entries if name not in names)),
        replicates=str(document.replicates),
        seed=str(document.seed),
        seeding=document.seeding,
        bare=_bare(document.space, zips),
    )


def _bare(space: Space, zips: tuple[Zip, ...]) -> bool | None:
    if len(zips) != 1:
        return None
    bare = isinstance(space, Zip)
    return None if bare == (len(zips[0].axes) > 1) else bare


def _zips(space: Space) -> tuple[Zip, ...]:
    match space:
        case Product(factors):
            return tuple(map(_zip, factors))
        case _:
            return (_zip(space),)


def _zip(space: Space) -> Zip:
    if not isinstance(space, Zip):
        _refuse(_WHAT.get(type(space), "holds a product within a product"))
    for name, axis in space.axes.items():
        if isinstance(axis, Values) and axis.size > _MAX_LISTED:
            _refuse(f"lists {axis.size:,} values of {name}, as sampled designs do, where a field holds {_MAX_LISTED:,}")
    return space


def _refuse(what: str) -> NoReturn:
    raise SpaceError(
        f"the form shows products and zips of axes; this sweep {what}: submit it as it is, backend.submit(sweep), or "
        "change it in code. The form was left as it was"
    )
