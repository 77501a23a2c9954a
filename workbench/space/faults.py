"""What can be wrong with a space in itself, whatever the experiment: every fault at once, each with its path."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from workbench.errors import Fault
from workbench.space.axes import Axis, Linspace, Range, Values
from workbench.space.grid import Concat, Product, Space, Where, Zip, kept_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["space_faults"]

# Row numbers and the product that spreads them over shards must fit 63 bits.
MAX_POINTS = 3_000_000_000


def space_faults(space: Space, path: str = "space") -> list[Fault]:
    """List everything that makes a space unusable.

    Parameters
    ----------
    space : Space
        As decoded or built.
    path : str
        Where it stands, for the paths of the faults.

    Returns
    -------
    list of Fault
        Empty where the space is sound.
    """
    faults = list(_faults(space, path))
    if not faults and space.size > MAX_POINTS:
        faults.append(_too_many(path))
    if not faults and space.size == 0:
        faults.append(Fault(path, "has no points: the condition keeps none of them"))
    return faults


def _faults(space: Space, path: str) -> Iterator[Fault]:
    match space:
        case Zip(axes):
            yield from _zip_faults(axes, path)
        case Product(factors):
            if not factors:
                yield Fault(f"{path}.factors", "is empty; a product needs at least one axis")
            for position, factor in enumerate(factors):
                yield from _faults(factor, f"{path}.factors[{position}]")
            for name, count in Counter(space.names).items():
                if count > 1:
                    yield Fault(path, f"assigns {name!r} {count} times; every parameter may appear in one factor only")
        case Concat(parts):
            yield from _concat_faults(parts, path)
        case Where(of, keep, kept):
            inner = list(_faults(of, f"{path}.of"))
            yield from inner or _where_faults(of, keep, kept, path)


def _zip_faults(axes: dict[str, Axis], path: str) -> Iterator[Fault]:
    if not axes:
        yield Fault(f"{path}.axes", "is empty; name at least one parameter")
    for name, axis in axes.items():
        yield from _axis_faults(axis, f"{path}.axes.{name}")
    lengths = {name: axis.size for name, axis in axes.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        yield Fault(f"{path}.axes", f"zipped axes must have the same number of values; {listed}")


def _axis_faults(axis: Axis, path: str) -> Iterator[Fault]:
    match axis:
        case Values(values):
            for position, value in enumerate(values):
                if isinstance(value, float) and not math.isfinite(value):
                    yield Fault(f"{path}.values[{position}]", f"{value} is not a finite number")
        case Range(step=0):
            yield Fault(f"{path}.step", "is 0; a range must advance")
            return
        case Linspace(start, stop, _) if not math.isfinite(stop - start):
            yield Fault(path, f"runs from {start} to {stop}; both ends and their distance must be finite")
        case _:
            pass
    if axis.size == 0:
        yield Fault(path, "has no values; give at least one, or leave the parameter out to use its default")
    if axis.size > MAX_POINTS:
        yield _too_many(path)


def _too_many(path: str) -> Fault:
    # The number itself may have thousands of digits: it comes from the wire.
    return Fault(path, f"has more than {MAX_POINTS:,} points, the most that can be numbered: split the sweep")


def _concat_faults(parts: tuple[Space, ...], path: str) -> Iterator[Fault]:
    if not parts:
        yield Fault(f"{path}.parts", "is empty; concatenate at least one space")
        return
    expected = set(parts[0].names)
    for position, part in enumerate(parts):
        yield from _faults(part, f"{path}.parts[{position}]")
        if different := expected ^ set(part.names):
            listed = ", ".join(sorted(different))
            yield Fault(f"{path}.parts[{position}]", f"does not assign the same parameters as the first part: {listed}")


def _where_faults(of: Space, keep: str, kept: int, path: str) -> Iterator[Fault]:
    if of.size > MAX_POINTS:
        yield _too_many(f"{path}.of")
        return
    try:
        bits = kept_bits(keep, of.size)
    except ValueError as error:
        yield Fault(f"{path}.keep", str(error))
        return
    set_bits = int.from_bytes(bits, "little").bit_count()
    if set_bits != kept or int.from_bytes(bits, "little") >> of.size:
        yield Fault(f"{path}.kept", f"says {kept} points; the bits keep {set_bits} of {of.size}")
