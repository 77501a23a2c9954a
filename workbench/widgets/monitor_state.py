"""What a monitor knows of its run, and what may be done about it: a frozen value, its transitions, and what follows.

No widget, thread or request is known here. A transition that makes no sense in a state leaves the state as it is, so
that a click which comes late, or twice, does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from workbench.runs.pace import Pace
    from workbench.runs.status import RunStatus

__all__ = ["Action", "Choice", "Failure", "MonitorState"]

Action: TypeAlias = Literal["cancel", "resume"]

_DOING: Final[dict[Action, str]] = {"cancel": "the run is being cancelled", "resume": "the run is being resumed"}


class Choice(NamedTuple):
    """Whether something can be done now; why not, where it cannot."""

    enabled: bool
    reason: str = ""


class Failure(NamedTuple):
    """Failed rows of one error code, with the message of one of them."""

    code: str
    rows: int
    message: str


@dataclass(frozen=True, kw_only=True)
class MonitorState:
    """What a monitor knows.

    Parameters
    ----------
    run_id : str or None
        The run that is attached.
    watching : bool
        Whether somebody looks where it stands, again and again.
    status : RunStatus or None
        As it was seen last.
    pace : Pace or None
        How fast it goes.
    notes : tuple of str
        What else it has answered, such as its cost.
    failures : tuple of Failure
        The failed rows by code, the most frequent first.
    asked_to_cancel : bool
        Whether the question stands if the run is really to be cancelled.
    doing : {'cancel', 'resume'} or None
        What has been asked of the run, and not been answered yet.
    trouble : str or None
        What went wrong last.
    run_id_fault : str or None
        What is wrong with the run id that was typed.
    closed : bool
        Whether the monitor is no longer in use.
    """

    run_id: str | None = None
    watching: bool = False
    status: RunStatus | None = None
    pace: Pace | None = None
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    asked_to_cancel: bool = False
    doing: Action | None = None
    trouble: str | None = None
    run_id_fault: str | None = None
    closed: bool = False

    def attached(self, run_id: str) -> MonitorState:
        """Begin with a run: nothing is known of it yet, and of the one before nothing matters any more."""
        return self if self.closed else MonitorState(run_id=run_id, watching=True)

    def attach_refused(self, message: str) -> MonitorState:
        """Keep the run that is attached, and say why it is not the one that was typed."""
        return self if self.closed else replace(self, run_id_fault=message)

    def seen(self, status: RunStatus, pace: Pace | None) -> MonitorState:
        """Take note of where the run stands."""
        if not self.watching:
            return self
        asked = self.asked_to_cancel and status.state == "RUNNING"
        return replace(self, status=status, pace=pace, asked_to_cancel=asked)

    def learnt(self, failures: tuple[Failure, ...], notes: tuple[str, ...]) -> MonitorState:
        """Take note of what the run has answered."""
        return replace(self, failures=failures, notes=notes) if self.watching else self

    def ended(self, status: RunStatus) -> MonitorState:
        """Stop watching a run that has ended."""
        if not self.watching:
            return self
        return replace(self, watching=False, status=status, pace=None, asked_to_cancel=False)

    def halted(self, message: str) -> MonitorState:
        """Stop watching a run that has not ended, and say why."""
        return replace(self, watching=False, pace=None, trouble=message) if self.watching else self

    def ask_to_cancel(self) -> MonitorState:
        """Ask whether the run is really to be cancelled."""
        return replace(self, asked_to_cancel=True) if self.cancel.enabled else self

    def keep(self) -> MonitorState:
        """Answer that it is not."""
        return replace(self, asked_to_cancel=False)

    def confirm_cancel(self) -> MonitorState:
        """Answer that it is, and begin; only where it was asked."""
        if not self.asked_to_cancel:
            return self
        return replace(self, asked_to_cancel=False, doing="cancel", trouble=None)

    def begin_resume(self) -> MonitorState:
        """Begin to resume the run."""
        return replace(self, doing="resume", trouble=None) if self.resume.enabled else self

    def done(self, status: RunStatus) -> MonitorState:
        """Take note that the run was cancelled or resumed, and watch what becomes of it."""
        if self.doing is None:
            return self
        return replace(self, doing=None, status=status, pace=None, watching=True)

    def refused(self, message: str) -> MonitorState:
        """Take note that it could not be."""
        return replace(self, doing=None, trouble=message) if self.doing else self

    def shut(self) -> MonitorState:
        """End for good."""
        return replace(self, closed=True, watching=False, asked_to_cancel=False, doing=None)

    @property
    def cancel(self) -> Choice:
        """Whether one may ask to cancel the run."""
        if reason := self._hindrance:
            return Choice(enabled=False, reason=reason)
        if self.status is None or self.status.state != "RUNNING":
            return Choice(enabled=False, reason="the run has ended")
        return Choice(enabled=True)

    @property
    def resume(self) -> Choice:
        """Whether the run may be resumed."""
        if reason := self._hindrance:
            return Choice(enabled=False, reason=reason)
        status = self.status
        if status is not None and status.state == "SUCCEEDED":
            return Choice(enabled=False, reason="every row is good")
        if self.watching:
            going_on = status is not None and status.state == "RUNNING"
            return Choice(enabled=False, reason="the run goes on" if going_on else "its last answers are awaited")
        return Choice(enabled=True)

    @property
    def headline(self) -> str:
        """Where the run stands, in a line."""
        if self.run_id is None:
            return "No run is attached: type its id."
        parts = [f"{self.run_id}: {self.status or 'looking where it stands'}"]
        parts += [str(self.pace)] if self.pace else []
        parts += [_DOING[self.doing]] if self.doing else []
        parts += ["not watched"] if self.status and self.status.state == "RUNNING" and not self.watching else []
        return "; ".join(parts)

    @property
    def _hindrance(self) -> str | None:
        """Why nothing at all can be done to the run."""
        if self.closed:
            return "the monitor is closed"
        if self.run_id is None:
            return "no run is attached"
        if self.doing:
            return _DOING[self.doing]
        if self.status is None:
            return "where the run stands is not known yet"
        return "the question whether to cancel waits for an answer" if self.asked_to_cancel else None
