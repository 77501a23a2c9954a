"""Runs in a folder: planned, found again, resumed and cancelled by whoever evaluates them on this machine."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from workbench.analysis.usage import Deployment
from workbench.compute.record import record_failure
from workbench.contract import (
    Cancellation,
    Caps,
    Catalog,
    ErrorCode,
    Manifest,
    Resumption,
    decode,
    encode,
    plan_run,
)
from workbench.contract.keys import (
    MANIFESTS_PREFIX,
    control_key,
    manifest_key,
    run_id_of_manifest,
)
from workbench.errors import RunConflictError
from workbench.runs.control import Halt
from workbench.runs.evaluator import Tasks
from workbench.runs.folder_engine import FolderEngine
from workbench.runs.loading import load_answers
from workbench.runs.presence import Presence
from workbench.runs.run import Run
from workbench.runs.status import list_landed, missing_shards, shards_without_success
from workbench.runs.sweep import experiment_of, sweep_of
from workbench.runs.watch import Patience
from workbench.storage.controls import begin_generation, find_include
from workbench.storage.local import LocalStore
from workbench.storage.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contract import Include, RunRequest, SweepDocument
    from workbench.experiments import Experiment
    from workbench.runs.evaluator import Evaluation, Evaluator
    from workbench.runs.sweep import Sweep
    from workbench.storage import Store

__all__ = ["FolderBackend", "cancel_shard", "plan_on_this_machine", "worker_name"]

# A laptop has no service to protect; only what can be numbered is refused.
_CAPS: Final = Caps(max_shards=1_000_000, max_rows_per_shard=10_000_000, max_rows=3_000_000_000)


class FolderBackend:
    """What all back ends of this machine share.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    evaluator : Evaluator
        Who evaluates them.
    """

    def __init__(self, root: Path, evaluator: Evaluator) -> None:
        self.root = root
        self._store = LocalStore(root)
        self._evaluator = evaluator

    def submit(
        self,
        sweep: Sweep,
        *,
        shard_size: int | None = None,
        shard_count: int | None = None,
        fresh: bool = False,
        run_id: str | None = None,
        row_timeout: float | None = None,
        budget: float | None = None,  # noqa: ARG002 -- every budget is kept to where nothing is paid
    ) -> Run:
        """Evaluate a sweep, or what is missing of it; see `Backend.submit`.

        Raises
        ------
        RunConflictError
            If `run_id` is the run of another sweep.
        ExperimentError
            If the experiment cannot be evaluated here.
        """
        self._evaluator.check(sweep.experiment)
        nonce = secrets.token_hex(8) if fresh else ""
        request = sweep.request(
            shard_size=shard_size, shard_count=shard_count, nonce=nonce, run_id=run_id, row_timeout=row_timeout
        )
        planned = plan_on_this_machine(request, sweep.experiment)
        key = manifest_key(planned.run_id)
        found = self._store.get(key)
        if found is None:
            if request.shard_size is None:
                chosen = self._evaluator.choose_shard_size(planned, sweep.experiment)
                planned = plan_on_this_machine(replace(request, shard_size=chosen), sweep.experiment)
            found = None if self._store.put(key, encode(planned), if_absent=True) else self._store.get(key)
        manifest = planned if found is None else decode(found, Manifest, source=key)
        if manifest.sweep_id != planned.sweep_id:
            raise RunConflictError(f"{manifest.run_id} is the run of another sweep: choose another run_id, or none")
        control = self._control(manifest, sweep.experiment)
        control.evaluate_missing()
        return self._run(manifest, control)

    def open(self, run_id: str) -> Run:
        """Find a run by its name; UnknownRunError where there is none."""
        manifest = read_manifest(self._store, run_id)
        return self._run(manifest, self._control(manifest, None))

    def run_ids(self) -> list[str]:
        """Names of all runs, sorted."""
        return [run_id_of_manifest(key) for key in self._store.keys(MANIFESTS_PREFIX)]

    def _control(self, manifest: Manifest, experiment: Experiment[..., Any] | None) -> _FolderControl:
        presence = Presence(self.root, manifest.run_id)
        return _FolderControl(self, self._store, manifest, presence, self._evaluator, experiment)

    def _run(self, manifest: Manifest, control: _FolderControl) -> Run:
        engine = FolderEngine(self.root, manifest.spec, manifest.run_id)
        return Run(manifest, self._store, engine, control=control, clock=control)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"


class _FolderControl:
    """The `Control` of a run in a folder; who evaluates it is known, so nothing depends on a clock.

    It is also the `Clock` of those who wait for the run, for it can end their sleep early.
    """

    patience = Patience()
    # Its run was paid for by nobody, however many workers it had.
    deployment = Deployment(billed=False)

    def __init__(
        self,
        backend: FolderBackend,
        store: LocalStore,
        manifest: Manifest,
        presence: Presence,
        evaluator: Evaluator,
        experiment: Experiment[..., Any] | None,
    ) -> None:
        self._backend = backend
        self._store = store
        self._manifest = manifest
        self._presence = presence
        self._evaluator = evaluator
        self._experiment = experiment
        self._evaluation: Evaluation | None = None

    def evaluate_missing(self) -> None:
        """Evaluate the shards that have not ended in the latest generation."""
        landed = list_landed(self._store, self._manifest)
        generation = landed.controls.generation
        if missing := missing_shards(self._manifest, landed):
            self._evaluate(missing, generation, find_include(self._store, self._manifest.run_id, generation))

    def resume(self, include: Include) -> None:
        """Begin a generation and evaluate it; see `Control.resume`."""
        shards = shards_without_success(self._manifest, list_landed(self._store, self._manifest))
        if not shards:
            return
        self._evaluator.check(self._found_experiment())
        if self._evaluation:
            self._evaluation.stop()
        resumption = Resumption(by=getpass.getuser(), at=_now(), include=include)
        self._evaluate(shards, begin_generation(self._store, self._manifest.run_id, resumption), include)

    def cancel(self) -> None:
        """Write the tombstone, and the outcomes of a run that nobody evaluates; see `Control.cancel`."""
        landed = list_landed(self._store, self._manifest)
        generation = landed.controls.generation
        missing = missing_shards(self._manifest, landed)
        if not missing:
            return
        tombstone = control_key(self._manifest.run_id, generation, "cancelled")
        self._store.put(tombstone, encode(Cancellation(by=getpass.getuser(), at=_now())), if_absent=True)
        if not self._presence.anybody:
            for shard_id in missing:
                cancel_shard(self._store, self._manifest, shard_id, generation=generation)

    def check(self) -> Halt | None:
        """Say whether nobody evaluates the run; see `Control.check`."""
        if self._evaluation and (error := self._evaluation.error):
            return Halt(f"cannot go on: {error}", error)
        return None if self._presence.anybody else Halt("is evaluated by nobody: whoever did has ended")

    def submit(self, document: SweepDocument, *, budget: float | None) -> Run:
        """Evaluate another sweep of the experiment; see `Control.submit`."""
        sweep = sweep_of(document, self._found_experiment())
        return self._backend.submit(sweep, row_timeout=self._manifest.row_timeout_s, budget=budget)

    def monotonic(self) -> float:
        """Tell the time; see `Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Return after that time, or as soon as nothing is evaluated any more; see `Clock.sleep`."""
        if self._evaluation is None or self._evaluation.ended:
            time.sleep(seconds)
        else:
            load_answers()
            self._evaluation.wait(seconds)

    def _evaluate(self, shards: list[int], generation: int, include: Include) -> None:
        tasks = Tasks(run_id=self._manifest.run_id, shards=shards, generation=generation, include=include)
        self._evaluation = self._evaluator.evaluate(self._manifest, tasks, self._found_experiment())

    def _found_experiment(self) -> Experiment[..., Any]:
        return experiment_of(self._manifest, self._experiment)


def plan_on_this_machine(request: RunRequest, experiment: Experiment[..., Any]) -> Manifest:
    """Plan a run of an experiment that is at hand; see `plan_run`."""
    return plan_run(
        request,
        Catalog(experiments=(experiment.spec,)),
        _CAPS,
        created_by=getpass.getuser(),
        created_at=_now(),
    )


def cancel_shard(store: Store, manifest: Manifest, shard_id: int, *, generation: int) -> None:
    """Leave the outcome of a shard that a cancellation leaves undone.

    Parameters
    ----------
    store : Store
        Where it goes.
    manifest : Manifest
        Of the run.
    shard_id, generation : int
        The shard, and the run's generation.
    """
    record_failure(
        store,
        manifest,
        shard_id,
        generation=generation,
        code=ErrorCode.CANCELLED,
        message="the run was cancelled before this row",
        worker=worker_name(),
    )


def worker_name() -> str:
    """Name this process in the outcomes that it leaves."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
