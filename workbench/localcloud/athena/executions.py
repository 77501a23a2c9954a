"""The executions that Athena remembers: their states, and the rows of the latest."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.localcloud.athena.failures import InvalidRequestError

if TYPE_CHECKING:
    from workbench.localcloud.athena.failures import QueryFailedError
    from workbench.localcloud.athena.results import Result

__all__ = ["Execution", "Executions"]

_REMEMBERED = 1_000
_WITH_ROWS = 50


@dataclass
class Execution:
    """One query and what became of it.

    Parameters
    ----------
    id : str
        Its name.
    scope : tuple of str
        Account and region that it belongs to.
    sql, database, workgroup, output : str
        What was asked, and the address of the result.
    parameters : list of str
        The constants for its placeholders.
    token : str or None
        The client's name for the request, which makes it idempotent.
    """

    id: str
    scope: tuple[str, str]
    sql: str
    database: str
    workgroup: str
    output: str
    parameters: list[str]
    token: str | None
    state: str = "QUEUED"
    reason: str = ""
    error: dict[str, object] | None = None
    scanned: int = 0
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    result: Result | None = None

    @property
    def ended(self) -> bool:
        """Whether its state is final."""
        return self.completed is not None

    @property
    def request(self) -> tuple[object, ...]:
        """What was asked: the same for a request that is sent twice."""
        return self.sql, self.parameters, self.database, self.workgroup

    def start(self) -> None:
        """Say that it runs."""
        self.state, self.started = "RUNNING", time.time()

    def end(self, state: str, *, reason: str = "") -> None:
        """Reach a final state, once.

        Parameters
        ----------
        state : str
            ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``.
        reason : str
            Why, where it is no success.
        """
        if not self.ended:
            self.state, self.reason, self.completed = state, reason, time.time()

    def fail(self, error: QueryFailedError) -> None:
        """End as failed, unless it has ended.

        Parameters
        ----------
        error : QueryFailedError
            Why.
        """
        if not self.ended:
            self.error = error.as_json()
            self.end("FAILED", reason=str(error))

    def as_json(self) -> dict[str, object]:
        """Return Athena's ``QueryExecution``.

        Returns
        -------
        dict
            The description of the execution.
        """
        status: dict[str, object] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": "DML",
            "SubstatementType": "SELECT",
            "ResultConfiguration": {"OutputLocation": self.output},
            "QueryExecutionContext": {"Database": self.database, "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
            **({"ExecutionParameters": self.parameters} if self.parameters else {}),
        }

    def _statistics(self) -> dict[str, int]:
        until = self.completed or time.time()
        started = self.started or until
        return {
            "EngineExecutionTimeInMillis": round(1_000 * (until - started)),
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": round(1_000 * (until - self.submitted)),
            "QueryQueueTimeInMillis": round(1_000 * (started - self.submitted)),
        }


class Executions:
    """A bounded memory of executions: the oldest that ended are forgotten, rows sooner than states."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Execution] = OrderedDict()

    def add(self, execution: Execution) -> None:
        """Remember an execution.

        Parameters
        ----------
        execution : Execution
            A new one.
        """
        self._known[execution.id] = execution
        ended = [known for known in self._known.values() if known.ended]
        for forgotten in ended[: max(0, len(self._known) - _REMEMBERED)]:
            del self._known[forgotten.id]
        with_rows = [known for known in ended if known.result is not None]
        for old in with_rows[: max(0, len(with_rows) - _WITH_ROWS)]:
            old.result = None

    def submitted_before(self, execution: Execution) -> Execution | None:
        """Find the execution that the same request has started already.

        Parameters
        ----------
        execution : Execution
            The one that is about to start.

        Returns
        -------
        Execution or None
            The earlier one, if there is one.

        Raises
        ------
        InvalidRequestError
            When its token was used for another query.
        """
        for known in self._known.values():
            if execution.token is not None and (known.token, known.scope) == (execution.token, execution.scope):
                if known.request != execution.request:
                    raise InvalidRequestError(
                        "Idempotent parameters do not match", code="IDEMPOTENT_PARAMETER_MISMATCH"
                    )
                return known
        return None

    def get(self, name: str, scope: tuple[str, str]) -> Execution:
        """Find an execution.

        Parameters
        ----------
        name : str
            Its id.
        scope : tuple of str
            Account and region of the caller.

        Returns
        -------
        Execution
            The execution.

        Raises
        ------
        InvalidRequestError
            When it is unknown there.
        """
        execution = self._known.get(name)
        if execution is None or execution.scope != scope:
            raise InvalidRequestError(f"QueryExecution {name} was not found")
        return execution

    def of_workgroup(self, workgroup: str, scope: tuple[str, str]) -> list[str]:
        """List the executions of a workgroup.

        Parameters
        ----------
        workgroup : str
            Its name.
        scope : tuple of str
            Account and region of the caller.

        Returns
        -------
        list of str
            Their ids, the latest first.
        """
        return [
            name
            for name, known in reversed(self._known.items())
            if known.workgroup == workgroup and known.scope == scope
        ]
