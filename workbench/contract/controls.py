"""What the controls of a run say together: its generation, whether it was dispatched, and whether it was cancelled.

Generation 0 is the submission; each resume begins the next one. A cancellation ends one generation only, so that a
cancelled run can be resumed while late children of the one before still find that they must stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.contract.keys import parse_control_key

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Controls", "read_controls"]


@dataclass(frozen=True, kw_only=True)
class Controls:
    """Where the control of a run stands.

    Parameters
    ----------
    generation : int
        The latest one.
    dispatched : bool
        Whether all its shards were handed on.
    cancelled : bool
        Whether it was cancelled.
    """

    generation: int
    dispatched: bool
    cancelled: bool


def read_controls(keys: Iterable[str]) -> Controls:
    """Read the controls of a run from their keys alone.

    Parameters
    ----------
    keys : iterable of str
        Everything under `controls_prefix` of the run.

    Returns
    -------
    Controls
    """
    found = {parsed for key in keys if (parsed := parse_control_key(key))}
    generation = max((control.generation for control in found), default=0)
    latest = {control.control for control in found if control.generation == generation}
    return Controls(generation=generation, dispatched="dispatched" in latest, cancelled="cancelled" in latest)
