"""A sweep against its experiment and the caps: every fault at once, each with its path."""

from __future__ import annotations

import difflib
import math
import operator
import sys
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from workbench.contract.rules import rule_faults
from workbench.errors import Fault
from workbench.space import Axis, Concat, Linspace, Product, Range, Space, Value, Values, Where, Zip, space_faults
from workbench.space.faults import MAX_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.contract.catalog import Catalog, ExperimentSpec, ParameterSpec
    from workbench.contract.sweep import SweepDocument

__all__ = ["Caps", "cap_faults", "sweep_faults", "unknown_experiment", "value_fault"]

MAX_SEED = 2**64 - 1
MAX_REPLICATES = 2**31  # their numbers are a column of 32 bits


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one run.

    Parameters
    ----------
    max_shards : int
        Shards of a run.
    max_rows_per_shard : int
        Rows of a shard.
    max_rows : int
        Rows of a run.
    """

    max_shards: int = 10_000
    max_rows_per_shard: int = 100_000
    max_rows: int = 100_000_000


def unknown_experiment(name: str, known: Iterable[str], *, path: str = "sweep.experiment") -> Fault:
    """Say that there is no such experiment, and which there are."""
    return Fault(path, f"{name!r} is not deployed{_did_you_mean(name, list(known))}")


def find_experiment(name: str, catalog: Catalog) -> ExperimentSpec | Fault:
    """Look an experiment up; a fault where there is none."""
    known = (experiment.name for experiment in catalog.experiments)
    return catalog.find(name) or unknown_experiment(name, known)


def sweep_faults(sweep: SweepDocument, spec: ExperimentSpec) -> list[Fault]:
    """List everything that is wrong with a sweep.

    Parameters
    ----------
    sweep : SweepDocument
        As it came.
    spec : ExperimentSpec
        The experiment that it names.

    Returns
    -------
    list of Fault
        Empty where the sweep can run.
    """
    faults = space_faults(sweep.space, "sweep.space")
    faults += _name_faults(sweep, spec)
    for path, name, axis in _axes(sweep.space, "sweep.space"):
        if parameter := spec.parameter(name):
            faults += _axis_faults(parameter, axis, path)
    for name, value in sweep.fixed.items():
        if (parameter := spec.parameter(name)) and (message := value_fault(parameter, value)):
            faults.append(Fault(f"sweep.fixed.{name}", message))
    if sweep.replicates < 1:
        faults.append(Fault("sweep.replicates", f"is {sweep.replicates}; at least 1"))
    if (first := sweep.replicates_before) and not 0 < first <= MAX_REPLICATES - max(sweep.replicates, 1):
        faults.append(
            Fault(
                "sweep.first_replicate",
                f"is {first}; from 0 on, and replicates are numbered up to {MAX_REPLICATES - 1:,}",
            )
        )
    if not 0 <= sweep.seed <= MAX_SEED:
        faults.append(Fault("sweep.seed", f"is {sweep.seed}; from 0 to 2**64 - 1"))
    # Rules speak of values that are sound by themselves.
    return list(dict.fromkeys(faults)) or list(rule_faults(sweep, spec))


def cap_faults(sweep: SweepDocument, shard_size: int, caps: Caps) -> list[Fault]:
    """List the caps that a sweep of sound shape exceeds."""
    faults = []
    if sweep.n_rows > caps.max_rows:
        # The number itself may have thousands of digits: it comes from the wire.
        faults.append(
            Fault("sweep", f"has more than {caps.max_rows:,} rows, the most this deployment takes: split the sweep")
        )
    if not 1 <= shard_size <= caps.max_rows_per_shard:
        faults.append(Fault("shard_size", f"is {shard_size:,}; from 1 to {caps.max_rows_per_shard:,} rows"))
    elif not faults and (n_shards := -(-sweep.n_rows // shard_size)) > caps.max_shards:
        needed = -(-sweep.n_rows // caps.max_shards)
        faults.append(
            Fault(
                "shard_size", f"{shard_size:,} makes {n_shards:,} shards; at most {caps.max_shards:,}: use {needed:,}"
            )
        )
    return faults


def value_fault(parameter: ParameterSpec, value: Value) -> str | None:
    """Say what is wrong with one value of a parameter; None where it is good."""
    if not _has_type(parameter, value):
        return f"{value!r} is {_type_name(value)}; {parameter.name} is {parameter.type}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number"
    if parameter.choices is not None and value not in parameter.choices:
        return f"{value!r} is not one of {', '.join(map(repr, parameter.choices))}"
    if isinstance(value, str) or parameter.type == "bool":
        return None
    for symbol, bound, holds in (
        (">", parameter.gt, operator.gt),
        (">=", parameter.ge, operator.ge),
        ("<", parameter.lt, operator.lt),
        ("<=", parameter.le, operator.le),
    ):
        if bound is not None and not holds(value, bound):
            return f"{value!r} is out of bounds; {parameter.name} must be {symbol} {bound:g}"
    return None


def _name_faults(sweep: SweepDocument, spec: ExperimentSpec) -> Iterator[Fault]:
    known = [parameter.name for parameter in spec.parameters]
    assigned = dict.fromkeys(sweep.space.names)
    for path, names in (("sweep.space", assigned), ("sweep.fixed", sweep.fixed)):
        for name in names:
            if name not in known:
                yield Fault(path, f"{spec.name} has no parameter {name!r}{_did_you_mean(name, known)}")
    for name in sweep.fixed:
        if name in assigned:
            yield Fault(f"sweep.fixed.{name}", "is assigned by the space too; give it in one place")
    for parameter in spec.parameters:
        if parameter.default is UNSET and parameter.name not in assigned and parameter.name not in sweep.fixed:
            yield Fault("sweep.space", f"{spec.name} needs a value for {parameter.name!r}: it has no default")


def _axes(space: Space, path: str) -> Iterator[tuple[str, str, Axis]]:
    match space:
        case Zip(axes):
            for name, axis in axes.items():
                yield f"{path}.axes.{name}", name, axis
        case Product(factors):
            for position, factor in enumerate(factors):
                yield from _axes(factor, f"{path}.factors[{position}]")
        case Concat(parts):
            for position, part in enumerate(parts):
                yield from _axes(part, f"{path}.parts[{position}]")
        case Where(of, _, _):
            yield from _axes(of, f"{path}.of")


def _axis_faults(parameter: ParameterSpec, axis: Axis, path: str) -> Iterator[Fault]:
    if isinstance(axis, Linspace) and parameter.type != "float":
        yield Fault(path, f"linspace gives floats; {parameter.name} is {parameter.type}: use a range or a list")
        return
    if isinstance(axis, Range) and parameter.type not in {"int", "float"}:
        yield Fault(path, f"a range gives integers; {parameter.name} is {parameter.type}: use a list")
        return
    for position in _positions(parameter, axis):
        if message := value_fault(parameter, axis[position]):
            where = f"{path}.values[{position}]" if isinstance(axis, Values) else path
            yield Fault(where, message)


def _positions(parameter: ParameterSpec, axis: Axis) -> Iterable[int]:
    """Where to look at an axis: everywhere if it is spelled out, else where the first fault must show."""
    if isinstance(axis, Values):
        return range(axis.size)
    if parameter.choices is not None:  # distinct values: one more than there are choices cannot all be allowed
        return range(min(axis.size, len(parameter.choices) + 1))
    return sorted({0, axis.size - 1}) if 0 < axis.size <= MAX_POINTS else ()


def _has_type(parameter: ParameterSpec, value: Value) -> bool:
    match parameter.type:
        case "float":
            within = isinstance(value, int) and abs(value) <= sys.float_info.max
            return isinstance(value, float) or (within and not isinstance(value, bool))
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)


def _type_name(value: Value) -> str:
    too_large = isinstance(value, int) and not -(2**63) <= value < 2**63
    return "beyond 64 bits" if too_large else type(value).__name__


def _did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{hint} (known: {', '.join(sorted(known)) or 'none'})"
