"""What the parent acts through: the store, and the port that starts functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from workbench.contract import Caps, Catalog, Dispatch, Task
    from workbench.storage import Store

__all__ = ["Dispatcher", "Service"]


class Dispatcher(Protocol):
    """Starts functions without waiting for them; may be called from several threads at once."""

    def start_child(self, task: Task) -> None:
        """Start a child; raise RunError if it cannot be started."""
        ...

    def start_copy(self, dispatch: Dispatch) -> None:
        """Start a copy of the parent; raise RunError if it cannot be started."""
        ...


@dataclass(frozen=True, kw_only=True)
class Service:
    """All that the parent needs.

    Parameters
    ----------
    catalog : Catalog
        What is deployed.
    caps : Caps
        What may be asked for.
    store : Store
        Where manifests, controls and outcomes lie.
    dispatcher : Dispatcher
        Starts children, and copies of the parent.
    """

    catalog: Catalog
    caps: Caps
    store: Store
    dispatcher: Dispatcher
