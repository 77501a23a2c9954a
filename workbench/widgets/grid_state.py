"""The state of a grid builder: the form, what it amounts to, and how far its estimate and its submission have come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from workbench.widgets.grid_reading import Reading, read_form

if TYPE_CHECKING:
    from workbench.contract import SweepDocument
    from workbench.space import ShardPlan
    from workbench.widgets.grid_form import GridForm

__all__ = ["Asked", "Estimated", "GridState"]

_PRESS: Final = "press Estimate: a few rows are evaluated here, for about two seconds"
_NO_BACKEND: Final = "there is no back end to submit to: give one, as in GridBuilder(wb.serial())"


@dataclass(frozen=True)
class Asked:
    """What was to be estimated: a sweep, and where."""

    document: SweepDocument
    backend: str | None


@dataclass(frozen=True)
class Estimated:
    """What an estimate said of it, or why there is none."""

    asked: Asked
    words: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, kw_only=True)
class GridState:
    """What is known at one moment.

    Parameters
    ----------
    form : GridForm
        What was chosen and typed.
    reading : Reading
        What it amounts to.
    backend : str, optional
        The label of the back end that is chosen.
    plan : ShardPlan, optional
        The shards of a form without faults.
    refusal : str, optional
        Why the back end would not take the sweep.
    estimating : Asked, optional
        What is being estimated.
    estimated : Estimated, optional
        The last estimate.
    submitting : bool
        Whether a submission is under way.
    run_id : str, optional
        The run that was submitted last.
    trouble : str, optional
        Why the last submission failed.
    load_fault : str, optional
        Why the last run was not loaded.
    note : str, optional
        What is to be known of the sweep that was loaded last.
    """

    form: GridForm
    reading: Reading
    backend: str | None = None
    plan: ShardPlan | None = None
    refusal: str | None = None
    estimating: Asked | None = None
    estimated: Estimated | None = None
    submitting: bool = False
    run_id: str | None = None
    trouble: str | None = None
    load_fault: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, form: GridForm) -> GridState:
        """Begin with a form."""
        return cls(form=form, reading=read_form(form))

    def edited(self, form: GridForm) -> GridState:
        """Take another form; shards are to be planned again."""
        return replace(self, form=form, reading=read_form(form), plan=None, refusal=None)

    def loaded(self, form: GridForm, note: str | None) -> GridState:
        """Take the form of an earlier sweep."""
        return replace(self.edited(form), load_fault=None, note=note)

    def load_refused(self, why: str) -> GridState:
        """Keep the form, and say why no other was loaded."""
        return replace(self, load_fault=why)

    def sent_to(self, backend: str | None) -> GridState:
        """Choose another back end; shards are to be planned again."""
        return replace(self, backend=backend, plan=None, refusal=None)

    def planned(self, plan: ShardPlan | None, refusal: str | None) -> GridState:
        """Learn how the rows would be cut, or why the back end would not take them."""
        return replace(self, plan=plan, refusal=refusal)

    def begin_estimate(self) -> GridState:
        """Begin to estimate what the form says now, where that can be."""
        return self if self.estimate_blocked else replace(self, estimating=self.asked)

    def learnt(self, estimated: Estimated) -> GridState:
        """Keep an estimate that has come."""
        return replace(self, estimating=None, estimated=estimated)

    def begin_submit(self) -> GridState:
        """Begin a submission, where that may be."""
        return self if self.blocked else replace(self, submitting=True, trouble=None)

    def submitted(self, run_id: str) -> GridState:
        """Know the run."""
        return replace(self, submitting=False, run_id=run_id, trouble=None)

    def refused(self, trouble: str) -> GridState:
        """Keep why a submission failed."""
        return replace(self, submitting=False, trouble=trouble)

    @property
    def asked(self) -> Asked | None:
        """What an estimate would be of; None where the form has faults."""
        return Asked(self.reading.document, self.backend) if self.reading.document else None

    @property
    def blocked(self) -> str | None:
        """Why nothing may be submitted; None where it may."""
        if self.submitting:
            return "it is being submitted"
        return self._fault or (_NO_BACKEND if self.backend is None else None)

    @property
    def estimate_blocked(self) -> str | None:
        """Why nothing can be estimated; None where it can."""
        return "it is being estimated" if self.estimating else self._fault

    @property
    def _fault(self) -> str | None:
        return self.reading.first_fault or self.refusal

    @property
    def estimate_words(self) -> str:
        """What is to be said in the place of the estimate."""
        if self.estimating:
            return "a few rows are being evaluated here, for about two seconds"
        if self.estimated is None:
            return _PRESS
        if self.estimated.asked != self.asked:
            return f"the grid has changed since it was estimated: {_PRESS}"
        return self.estimated.words or "no estimate"

    @property
    def estimate_trouble(self) -> str | None:
        """Why there is no estimate of what the form says now."""
        if self.estimating or self.estimated is None or self.estimated.asked != self.asked:
            return None
        return self.estimated.trouble
