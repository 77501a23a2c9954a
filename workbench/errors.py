"""Every error that the workbench raises on purpose.

::

    WorkbenchError
    ├── SpaceError            a space, axis or point that cannot be
    ├── ExperimentError       an experiment that is declared wrongly or cannot be found
    ├── SweepError            a sweep that its experiment or the caps refuse; all faults at once
    ├── BudgetError           a run that would cost more than was allowed, or nobody knows what
    ├── CodeMismatchError     the code here is not the code that is deployed
    ├── ContractError         a document of another version or shape than ours
    ├── OutcomeError          an outcome that does not match its declared schema
    ├── StorageError          a store that cannot be read or written
    ├── RunError              a run that cannot do what was asked
    │   ├── UnknownRunError   there is no such run
    │   ├── RunConflictError  the name of the run belongs to another sweep
    │   ├── RunStalledError   nothing has been heard of a run for too long
    │   └── RunTimeoutError   a run did not finish in the time allowed
    ├── ApiError              the service answered with an error
    ├── QueryError            a query that the engine or the SQL builder refuses
    └── DeploymentError       no usable stack: missing, unreachable, or without valid credentials
        └── EmulatorError     the AWS stack in the laptop cannot start, stop or be found
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ApiError",
    "BudgetError",
    "CodeMismatchError",
    "ContractError",
    "DeploymentError",
    "EmulatorError",
    "ExperimentError",
    "Fault",
    "OutcomeError",
    "QueryError",
    "RunConflictError",
    "RunError",
    "RunStalledError",
    "RunTimeoutError",
    "SpaceError",
    "StorageError",
    "SweepError",
    "UnknownRunError",
    "WorkbenchError",
]


class WorkbenchError(Exception):
    """Root of every error that the workbench raises on purpose."""


class SpaceError(WorkbenchError):
    """A space, an axis or a point that cannot be."""


class ExperimentError(WorkbenchError):
    """An experiment that is declared wrongly or cannot be found."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    path : str
        Where, as a JSON path such as ``space.factors[0].values[2]``.
    message : str
        What is wrong, and what would be right.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class SweepError(WorkbenchError):
    """A sweep that its experiment or the caps refuse.

    Parameters
    ----------
    faults : iterable of Fault
        Every fault of the sweep, not only the first.
    over_cap : bool
        Whether all that is wrong is the sweep's size.
    """

    def __init__(self, faults: Iterable[Fault], *, over_cap: bool = False) -> None:
        self.faults = tuple(faults)
        self.over_cap = over_cap
        super().__init__("the sweep is refused:\n" + "\n".join(f"  {fault}" for fault in self.faults))


class BudgetError(WorkbenchError):
    """A run that would cost more than was allowed, or of which nobody knows what it costs."""


class CodeMismatchError(WorkbenchError):
    """The experiment's code here is not the code that is deployed."""


class ContractError(WorkbenchError):
    """A document of another version or shape than ours."""


class OutcomeError(WorkbenchError):
    """An outcome that does not match its declared schema."""


class StorageError(WorkbenchError):
    """A store that cannot be read or written."""


class RunError(WorkbenchError):
    """A run that cannot do what was asked of it."""


class UnknownRunError(RunError):
    """There is no such run."""


class RunConflictError(RunError):
    """The name of the run belongs to another sweep."""


class RunStalledError(RunError):
    """Nothing has been heard of a run for too long."""


class RunTimeoutError(RunError, TimeoutError):
    """A run did not finish in the time allowed."""


class ApiError(WorkbenchError):
    """The service answered with an error.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        The error's name, such as ``code_mismatch``.
    message : str
        What is wrong and what to do next.
    faults : iterable of Fault
        Details, each with its path.
    request_id : str
        The service's name for the request, to find it in the logs.
    """

    def __init__(
        self, *, status: int, code: str, message: str, faults: Iterable[Fault] = (), request_id: str = ""
    ) -> None:
        self.status = status
        self.code = code
        self.faults = tuple(faults)
        self.request_id = request_id
        lines = [f"{status} {code}: {message}", *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines))


class QueryError(WorkbenchError):
    """A query that the engine or the SQL builder refuses."""


class DeploymentError(WorkbenchError):
    """No usable stack: missing, unreachable, or without valid credentials."""


class EmulatorError(DeploymentError):
    """The AWS stack in the laptop cannot start, stop or be found."""
