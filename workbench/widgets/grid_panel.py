"""The grid builder: what typing and clicking do, and the threads that estimate and submit while the kernel is free."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import ExperimentError, Fault, SweepError, WorkbenchError
from workbench.experiments import registry
from workbench.experiments.declare import Experiment
from workbench.runs.sweep import Sweep
from workbench.widgets.grid_code import sweep_code
from workbench.widgets.grid_form import blank_form
from workbench.widgets.grid_load import form_of
from workbench.widgets.grid_plan import is_final, labelled, plan_shards, sweep_of
from workbench.widgets.grid_state import Estimated, GridState
from workbench.widgets.grid_threads import Threads
from workbench.widgets.grid_view import GridView
from workbench.widgets.kernel import after_typing, displays_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.contract import SweepDocument
    from workbench.runs.backend import Backend
    from workbench.runs.run import Run
    from workbench.widgets.grid_entries import Entry
    from workbench.widgets.grid_form import GridForm
    from workbench.widgets.grid_state import Asked

__all__ = ["GridBuilder"]


class GridBuilder:
    """A form in which a grid is built, and from which it is estimated and submitted.

    Parameters
    ----------
    backend : Backend or mapping, optional
        Where it can be submitted to; several by their labels. Without one, the form still checks and writes code.
    experiment : Experiment or str, optional
        What is shown first; one that is not registered, such as a notebook's own, is offered besides those that are.

    Raises
    ------
    ExperimentError
        If there is no such experiment. A module that cannot be imported is told in the panel.

    Attributes
    ----------
    state : GridState
        What is chosen, typed and known by now.
    view : GridView
        Its widgets; ``view.box`` is all of them, for those who show it within another panel.
    run : Run or None
        The run that was submitted last.
    on_submit : list of callable
        Each is called with every run that is submitted, from the thread that did it.
    """

    def __init__(
        self,
        backend: Backend | Mapping[str, Backend] | None = None,
        *,
        experiment: Experiment[..., Any] | str | None = None,
    ) -> None:
        self.run: Run | None = None
        self.on_submit: list[Callable[[Run], None]] = []
        self._registered, left_out = registry.survey()
        self._experiments: dict[str, Experiment[..., Any]] = dict(self._registered)
        if isinstance(experiment, Experiment):
            self._experiments[experiment.spec.name] = experiment
            experiment = experiment.spec.name
        elif experiment is not None and experiment not in self._experiments:
            experiment = registry.find(experiment).spec.name
        self._backends = labelled(backend)
        self._forms: dict[str, GridForm] = {}
        self._threads = Threads()
        # Whoever changes the state or the widgets holds it: the kernel's thread, and those that are started here.
        self._lock = threading.RLock()
        # Whether fields are being filled here, so that nobody has typed what changes in them.
        self._filling = False
        first = experiment or next(iter(self._experiments))
        self.view = GridView(list(self._experiments), list(self._backends), left_out=[str(fault) for fault in left_out])
        self.state = GridState.of(blank_form(self._experiments[first].spec))
        self.state = self.state.sent_to(next(iter(self._backends), None))
        self._show_form()
        self._listen()

    @classmethod
    def load(cls, source: Sweep | Run, backend: Backend | Mapping[str, Backend] | None = None) -> Self:
        """Open a builder on a sweep that was written in code, or on that of a run; see `fill`."""
        experiment = source.experiment if isinstance(source, Sweep) else None
        builder = cls(backend, experiment=experiment)
        builder.fill(source)
        return builder

    def fill(self, source: Sweep | Run) -> None:
        """Fill the form with a sweep that was written in code, or with that of a run.

        Parameters
        ----------
        source : Sweep or Run
            Whose grid it is.

        Raises
        ------
        SpaceError
            If the form cannot show its space; the form is left as it was.
        ExperimentError
            If its experiment is not known here.
        """
        if isinstance(source, Sweep):
            self._experiments[source.experiment.spec.name] = source.experiment
            self._fill(source.document)
        else:
            self._fill(source.manifest.sweep)

    @property
    def sweep(self) -> Sweep:
        """The sweep that the form amounts to; SweepError where it has faults."""
        document = self.state.reading.document
        if document is None:
            faults = self.state.reading.faults
            raise SweepError([Fault(where, message) for where, messages in faults.items() for message in messages])
        return self._sweep(document)

    @property
    def code(self) -> str | None:
        """Python code that makes the same sweep; None where the form has faults."""
        state, name = self.state, self.state.form.spec.name
        registered = self._registered.get(name) is self._experiments[name]
        return sweep_code(state.form, state.reading, repr(name) if registered else name)

    @property
    def backend(self) -> Backend | None:
        """The back end that is chosen."""
        return None if self.state.backend is None else self._backends[self.state.backend]

    def wait(self, timeout: float | None = None) -> Run | None:
        """Wait until nothing goes on in the background: an estimate or a submission that was begun has ended.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; without end by default.

        Returns
        -------
        Run or None
            The run that was submitted last; it may well go on.
        """
        self._threads.wait(timeout)
        return self.run

    def close(self) -> None:
        """Take the widgets from the page; a run that was submitted goes on."""
        self.view.close()

    def _listen(self) -> None:
        view = self.view
        view.experiment.observe(lambda change: self._choose_experiment(change["new"]), names="value")
        view.backend.observe(lambda change: self._edit(lambda state: state.sent_to(change["new"])), names="value")
        for widget, change in (
            (view.replicates, lambda form, text: form.with_rows(replicates=text)),
            (view.seed, lambda form, text: form.with_rows(seed=text)),
            (view.seeding, lambda form, chosen: form.with_rows(seeding=chosen)),
        ):
            widget.observe(self._on_rows(change), names="value")
        view.load.on_click(lambda _: after_typing(self._load_typed))
        view.estimate.on_click(lambda _: after_typing(self._begin_estimate))
        view.submit.on_click(lambda _: after_typing(self._begin_submit))

    def _on_rows(self, change: Callable[[GridForm, Any], GridForm]) -> Callable[[Any], None]:
        return lambda event: self._edit(lambda state: state.edited(change(state.form, event["new"])))

    def _on_entry(self, name: str, entry: Entry) -> None:
        self._edit(lambda state: state.edited(state.form.with_entry(name, entry)))

    def _edit(self, change: Callable[[GridState], GridState]) -> None:
        """Take what a person has changed."""
        if not self._filling:
            self._change(change)

    def _choose_experiment(self, name: str) -> None:
        if self._filling:
            return
        with self._lock:
            self._forms[self.state.form.spec.name] = self.state.form
            form = self._forms.get(name) or blank_form(self._experiments[name].spec)
            self.state = self.state.loaded(form, None)
            self._show_form()

    def _load_typed(self) -> None:
        """Fill the form with the run whose id was typed."""
        typed = self.view.run_id.value.strip()
        backend = self.backend
        try:
            if backend is None:
                raise ExperimentError("there is no back end that could know it")  # noqa: TRY301 -- shown like the rest
            self.fill(backend.open(typed))
        except Exception as error:  # noqa: BLE001 -- shown at the field: nobody reads what a click raises
            message = _words(error)
            self._change(lambda state: state.load_refused(message))

    def _fill(self, document: SweepDocument) -> None:
        experiment = self._experiments.get(document.experiment) or registry.find(document.experiment)
        form = form_of(document, experiment.spec)
        changed = document.fingerprint != experiment.spec.fingerprint
        note = f"the code of {document.experiment} has changed since: submitting makes another run" if changed else None
        with self._lock:
            self._forms[self.state.form.spec.name] = self.state.form
            self.state = self.state.loaded(form, note)
            self._show_form()

    def _show_form(self) -> None:
        self._filling = True
        try:
            self.view.experiment.options = list(self._experiments)
            self.view.show_form(self.state.form, self._on_entry)
        finally:
            self._filling = False
        self._become(self.state)

    def _begin_estimate(self) -> None:
        with self._lock:
            if self.state.estimate_blocked:
                return
            self._change(GridState.begin_estimate)
            asked, sweep, backend = self.state.estimating, self.sweep, self.backend
        if asked is not None:
            self._threads.start(lambda: self._estimate(asked, sweep, backend), name="estimates a grid")

    def _estimate(self, asked: Asked, sweep: Sweep, backend: Backend | None) -> None:
        try:
            with displays_nothing():
                estimated = Estimated(asked, words=str(sweep.estimate(backend)))
        except Exception as error:  # noqa: BLE001 -- shown in the panel: a thread's traceback reaches nobody
            estimated = Estimated(asked, trouble=_words(error))
        self._change(lambda state: state.learnt(estimated))

    def _begin_submit(self) -> None:
        with self._lock:
            if self.state.blocked:
                return
            self._change(GridState.begin_submit)
            sweep, backend = self.sweep, self.backend
        if backend is not None:
            self._threads.start(lambda: self._submit(sweep, backend), name="submits a grid")

    def _submit(self, sweep: Sweep, backend: Backend) -> None:
        """Submit, and tell whoever wants to know; a serial back end evaluates the run meanwhile."""
        try:
            with displays_nothing():
                self.run = run = backend.submit(sweep)
            self._change(lambda state: state.submitted(run.run_id))
            for tell in self.on_submit:
                tell(run)
        except Exception as error:  # noqa: BLE001 -- shown in the panel: a thread's traceback reaches nobody
            message = _words(error)
            self._change(lambda state: state.refused(message))

    def _change(self, change: Callable[[GridState], GridState]) -> None:
        with self._lock:
            self._become(change(self.state))

    def _become(self, state: GridState) -> None:
        self.state = self._planned(state)
        self.view.show(self.state, code=self.code, final=is_final(self.backend))

    def _planned(self, state: GridState) -> GridState:
        document = state.reading.document
        if document is None or state.plan or state.refusal:
            return state
        backend = None if state.backend is None else self._backends[state.backend]
        try:
            return state.planned(plan_shards(self._sweep(document), backend), None)
        except SweepError as error:
            return state.planned(None, "\n".join(map(str, error.faults)))

    def _sweep(self, document: SweepDocument) -> Sweep:
        return sweep_of(document, self._experiments[document.experiment])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Be displayed as the widgets; where they cannot be, as in a saved notebook, words stand instead."""
        bundle: dict[str, Any] = self.view.box._repr_mimebundle_()
        return bundle | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"GridBuilder({self.state.form.spec.name})"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
