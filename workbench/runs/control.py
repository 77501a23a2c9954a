"""The port through which a run is resumed, cancelled and looked after; the cloud and the folder are its adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from workbench.analysis.usage import Deployment
    from workbench.contract import Include, SweepDocument
    from workbench.runs.run import Run
    from workbench.runs.watch import Patience

__all__ = ["Control", "Halt"]


class Halt(NamedTuple):
    """Why nobody goes on with a run, and the error that caused it, where there is one."""

    reason: str
    cause: Exception | None = None


class Control(Protocol):
    """What a run asks of whoever evaluates it."""

    @property
    def patience(self) -> Patience:
        """How long to wait without news."""
        ...

    @property
    def deployment(self) -> Deployment:
        """Where the run is evaluated, as far as its cost depends on it."""
        ...

    def resume(self, include: Include) -> None:
        """Begin a generation that evaluates what is not good; nothing happens where all is."""
        ...

    def cancel(self) -> None:
        """End the generation that runs; nothing happens where it has ended."""
        ...

    def submit(self, document: SweepDocument, *, budget: float | None) -> Run:
        """Start another sweep of the run's experiment, by the same code and with the same time limit of a row.

        BudgetError where it is estimated at more than `budget` US dollars, CodeMismatchError where the code here is
        not the run's.
        """
        ...

    def check(self) -> Halt | None:
        """Say why the run will not go on; None where it does, or where that cannot be known."""
        ...
