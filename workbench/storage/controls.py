"""The controls of a run in a store: which generation it is in, and how the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.contract import Controls, Include, Resumption, decode, encode, read_controls
from workbench.contract.keys import control_key, controls_prefix

if TYPE_CHECKING:
    from workbench.storage.store import Store

__all__ = ["begin_generation", "find_controls", "find_include"]


def find_controls(store: Store, run_id: str) -> Controls:
    """List where the control of a run stands.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        The run.

    Returns
    -------
    Controls
    """
    return read_controls(store.keys(controls_prefix(run_id)))


def find_include(store: Store, run_id: str, generation: int) -> Include:
    """Read which failed rows a generation evaluates again.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        The run.
    generation : int
        One that has begun.

    Returns
    -------
    {'infra', 'all'}
    """
    key = control_key(run_id, generation, "resumed")
    resumed = store.get(key)
    return "infra" if resumed is None else decode(resumed, Resumption, source=key).include


def begin_generation(store: Store, run_id: str, resumption: Resumption) -> int:
    """Begin the next generation of a run; of two that do so at once, each gets one of its own.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        The run.
    resumption : Resumption
        Who resumes it, and what.

    Returns
    -------
    int
        The new generation.
    """
    while True:
        generation = find_controls(store, run_id).generation + 1
        if store.put(control_key(run_id, generation, "resumed"), encode(resumption), if_absent=True):
            return generation
