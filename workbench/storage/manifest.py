"""The manifest of a run, read from wherever it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.contract import Manifest, decode
from workbench.contract.keys import manifest_key
from workbench.errors import UnknownRunError

if TYPE_CHECKING:
    from workbench.storage.store import Store

__all__ = ["read_manifest"]


def read_manifest(store: Store, run_id: str) -> Manifest:
    """Read the manifest of a run.

    Parameters
    ----------
    store : Store
        Where it lies.
    run_id : str
        Which run.

    Returns
    -------
    Manifest

    Raises
    ------
    UnknownRunError
        If there is no such run.
    """
    data = store.get(manifest_key(run_id))
    if data is None:
        raise UnknownRunError(f"there is no run {run_id!r} in {store}; `run_ids()` lists those there are")
    return decode(data, Manifest, source=manifest_key(run_id))
