"""A sweep as it is sent, stored and hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import msgspec

from workbench.contract.codec import canonical, digest
from workbench.space import Axis, Concat, Linspace, Product, Range, Space, Value, Values, Where, Zip

if TYPE_CHECKING:
    from workbench.contract.catalog import ExperimentSpec

__all__ = ["Seeding", "SweepDocument", "conform", "sweep_id"]

Seeding: TypeAlias = Literal["independent", "common"]


class SweepDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Pure data: which points of which experiment, how often, from which seed.

    Parameters
    ----------
    experiment : str
        Name in the catalog.
    fingerprint : str
        Hash of the experiment's code as the client has it.
    space : Space
        The points.
    fixed : dict
        Values of parameters that the space does not assign; missing ones take their defaults.
    replicates : int
        Repetitions of every point.
    seed : int
        Seed of the run.
    seeding : {'independent', 'common'}
        Whether every point draws its own random numbers, or all points the same ones.
    first_replicate : int, optional
        Number of the first repetition, from which the others count on. It is left out where it is 0, so that sweeps
        are known by the hash that they had before there was such a field.
    """

    experiment: str
    fingerprint: str
    space: Space
    fixed: dict[str, Value] = {}
    replicates: int = 1
    seed: int = 0
    seeding: Seeding = "independent"
    first_replicate: int | msgspec.UnsetType = msgspec.UNSET

    @property
    def replicates_before(self) -> int:
        """Repetitions that this sweep leaves to others: the number of its first one."""
        return self.first_replicate or 0

    @property
    def n_points(self) -> int:
        """Points of the space."""
        return self.space.size

    @property
    def n_rows(self) -> int:
        """Rows: points times replicates."""
        return self.space.size * self.replicates


def conform(sweep: SweepDocument, spec: ExperimentSpec) -> SweepDocument:
    """Bring a valid sweep into the one form that is hashed: floats where floats are declared, defaults filled in.

    Parameters
    ----------
    sweep : SweepDocument
        A sweep without faults.
    spec : ExperimentSpec
        Its experiment.

    Returns
    -------
    SweepDocument
        With a value or an axis for every parameter, and no `first_replicate` where it is 0.
    """
    floats = frozenset(parameter.name for parameter in spec.parameters if parameter.type == "float")
    assigned = set(sweep.space.names)
    fixed: dict[str, Value] = {
        parameter.name: sweep.fixed.get(parameter.name, cast("Value", parameter.default))
        for parameter in spec.parameters
        if parameter.name not in assigned
    }
    return msgspec.structs.replace(
        sweep,
        space=_conform_space(sweep.space, floats),
        fixed={name: float(value) if name in floats else value for name, value in fixed.items()},
        first_replicate=sweep.first_replicate or msgspec.UNSET,
    )


def sweep_id(sweep: SweepDocument, *, nonce: str = "") -> str:
    """Hash of a conformed sweep, its experiment's fingerprint included.

    Parameters
    ----------
    sweep : SweepDocument
        As `conform` returns it.
    nonce : str
        Anything that makes a fresh run of the same sweep; empty for the run that everybody shares.

    Returns
    -------
    str
        64 hexadecimal digits (BLAKE2b-256).
    """
    return digest(canonical((sweep, nonce)))


def _conform_space(space: Space, floats: frozenset[str]) -> Space:
    match space:
        case Zip(axes):
            return Zip({name: _conform_axis(axis) if name in floats else axis for name, axis in axes.items()})
        case Product(factors):
            return Product(tuple(_conform_space(factor, floats) for factor in factors))
        case Concat(parts):
            return Concat(tuple(_conform_space(part, floats) for part in parts))
        case Where(of, keep, kept):
            return Where(_conform_space(of, floats), keep, kept)


def _conform_axis(axis: Axis) -> Axis:
    match axis:
        case Values(values):
            return Values(tuple(float(value) for value in values))
        case Linspace(start, stop, num):
            return Linspace(float(start), float(stop), num)
        case Range():
            return axis
