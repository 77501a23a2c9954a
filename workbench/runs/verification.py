"""What a verification has found: rows held against each other, value by value, and how far apart the values are."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from workbench.contract import ExperimentSpec

__all__ = ["Difference", "Verification", "differences_of", "ulps_between"]

_SIGN: Final = 2**63
_LAST_BITS: Final = 16  # steps that may come from another processor, far fewer than another formula makes


class Difference(NamedTuple):
    """A value that is not the same here and there.

    Parameters
    ----------
    row_index : int
        Its row.
    parameters : dict
        Of the row, as the sweep has them.
    metric : str
        Which one; or the parameter of the outcome that is not the sweep's; or ``error_code``, where the row fails here.
    here, there : value or None
        What came of the row here, and what the outcome holds; for ``error_code`` the message, and None.
    ulps : float
        Floats from the one to the other; NaN where they are not two numbers of type float.
    """

    row_index: int
    parameters: dict[str, Any]
    metric: str
    here: Any
    there: Any
    ulps: float

    def __str__(self) -> str:
        apart = "" if math.isnan(self.ulps) else f" ({self.ulps:,.0f} ulp{'' if self.ulps == 1 else 's'})"
        return f"row {self.row_index}: {self.metric} is {self.here!r} here, {self.there!r} there{apart}"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What came of a verification; true where every row is equal.

    Parameters
    ----------
    run_id : str
        The run.
    row_index : tuple of int
        The rows that were compared.
    shards : int
        From how many shards.
    tolerance : int
        Floats that values may be apart.
    differences : tuple of Difference
        Every value that is further apart.
    """

    run_id: str
    row_index: tuple[int, ...]
    shards: int
    tolerance: int = 0
    differences: tuple[Difference, ...] = ()

    @property
    def checked(self) -> int:
        """Number of rows that were compared."""
        return len(self.row_index)

    @property
    def equal(self) -> int:
        """Number of rows without a difference."""
        return self.checked - len({difference.row_index for difference in self.differences})

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the differences.

        Returns
        -------
        pandas.DataFrame
            One line for each: row_index, metric, here, there, ulps, parameters (a dict).
        """
        import pandas as pd  # noqa: PLC0415 -- loaded by those who look into differences

        names = ["row_index", "metric", "here", "there", "ulps", "parameters"]
        records = [[getattr(difference, name) for name in names] for difference in self.differences]
        # What is here and there may be of any type, and must not be rounded to another.
        return pd.DataFrame(records, columns=names, dtype=object).astype({"row_index": "int64", "ulps": "float64"})

    def __bool__(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        how = f"within {self.tolerance:,} ulps" if self.tolerance else "bit for bit"
        shards = f"{self.shards:,} shard{'' if self.shards == 1 else 's'}"
        told = f"{self.run_id}: {self.equal:,} of {self.checked:,} rows from {shards} are equal here {how}"
        if not self.differences:
            return told
        values = f"{len(self.differences):,} value{' differs' if len(self.differences) == 1 else 's differ'}"
        told += f"; {values}, first {self.differences[0]}"
        furthest = max(difference.ulps for difference in self.differences)
        if all(difference.ulps <= _LAST_BITS for difference in self.differences):
            told += f". Processors of different families differ so: if these do, tolerance={furthest:.0f} allows for it"
        return told

    def __repr__(self) -> str:
        return f"<{self}>"


def differences_of(
    spec: ExperimentSpec, here: Sequence[dict[str, Any]], there: Sequence[dict[str, Any]], *, tolerance: int
) -> Iterator[Difference]:
    """Compare records of the same rows, each good there.

    Parameters
    ----------
    spec : ExperimentSpec
        What is compared: its parameters and metrics.
    here, there : sequence of dict
        A record for each row, in the same order.
    tolerance : int
        Floats that values may be apart.

    Yields
    ------
    Difference
    """
    parameters = [parameter.name for parameter in spec.parameters]
    names = [*parameters, *(metric.name for metric in spec.metrics)]
    for mine, theirs in zip(here, there, strict=True):
        row_index, values = mine["row_index"], {name: mine[name] for name in parameters}
        if mine["error_code"] is not None:
            yield Difference(row_index, values, "error_code", mine["error_message"], None, math.nan)
            continue
        for name in names:
            ulps = ulps_between(mine[name], theirs[name])
            if not ulps <= tolerance:
                yield Difference(row_index, values, name, mine[name], theirs[name], ulps)


def ulps_between(one: Any, other: Any) -> float:
    """Count the floats from one value to another.

    Parameters
    ----------
    one, other : float, int, bool, str or None
        Values of one column.

    Returns
    -------
    float
        0 for equal values and for any two NaN, 1 from -0.0 to 0.0; NaN for other values that are not two numbers of
        type float.

    Examples
    --------
    >>> ulps_between(1.0, 1.0 + 2**-52), ulps_between(0.0, -0.0), ulps_between("a", "b")
    (1.0, 1.0, nan)
    """
    if not (isinstance(one, float) and isinstance(other, float)):
        return 0.0 if one == other else math.nan
    if math.isnan(one) or math.isnan(other):
        return 0.0 if math.isnan(one) and math.isnan(other) else math.nan
    return float(abs(_place(one) - _place(other)))


def _place(number: float) -> int:
    """Return the place of a float among all floats, in order; 0.0 has 0, -0.0 the one before it."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", number))
    return int(bits) if bits < _SIGN else int(_SIGN - 1 - bits)
