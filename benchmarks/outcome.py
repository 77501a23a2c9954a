"""What a contender leaves for the harness: when it had finished, how long its parts took, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Outcome", "described"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one run of one contender.

    Parameters
    ----------
    finished : float
        `time.monotonic` when the aggregate was there; the clock is the same for all processes of a machine.
    wall_s, cpu_s : float, optional
        Of the part that the contender clocked itself.
    rows : int, optional
        Rows of its Parquet.
    groups : int, optional
        Groups of its aggregate.
    mean, error : float, optional
        Of the first metric over all rows, and the standard error of that mean.
    schema : list of str
        Columns and types of its Parquet.
    """

    finished: float
    wall_s: float | None = None
    cpu_s: float | None = None
    rows: int | None = None
    groups: int | None = None
    mean: float | None = None
    error: float | None = None
    schema: list[str] = field(default_factory=list)


def described(
    finished: float, summary: Any, files: Sequence[Path], *, wall_s: float | None = None, cpu_s: float | None = None
) -> Outcome:
    """Describe what was found; nothing of this is on the clock.

    Parameters
    ----------
    finished : float
        As of `Outcome`.
    summary : DataFrame
        Columns count, mean and std, one line for each group.
    files : sequence of Path
        The Parquet.
    wall_s, cpu_s : float, optional
        As of `Outcome`.

    Returns
    -------
    Outcome
    """
    count, mean, std = (np.asarray(summary[name], dtype=float) for name in ("count", "mean", "std"))
    return Outcome(
        finished=finished,
        wall_s=wall_s,
        cpu_s=cpu_s,
        rows=sum(pq.read_metadata(path).num_rows for path in files),
        groups=len(count),
        mean=float((count * mean).sum() / count.sum()),
        error=float(np.sqrt((count * np.nan_to_num(std) ** 2).sum()) / count.sum()),
        schema=[f"{column.name} {column.type}" for column in pq.read_schema(files[0])],
    )
