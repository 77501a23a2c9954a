"""Back ends of this machine: in this process, or on all cores."""

from __future__ import annotations

import importlib
import importlib.util
import math
import multiprocessing
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from workbench.analysis.usage import Deployment
from workbench.compute.shard import run_shard
from workbench.contract.keys import control_key
from workbench.errors import ExperimentError
from workbench.runs.folder import FolderBackend, cancel_shard, worker_name
from workbench.runs.pilot import measure_row
from workbench.runs.pool import PoolEvaluation
from workbench.runs.presence import Presence
from workbench.runs.progress import show_progress
from workbench.runs.sizing import SHARD_OVERHEAD_SECONDS, choose_local_shard_size, max_rows_in_memory
from workbench.runs.status import list_landed, run_status
from workbench.runs.threads import one_thread
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contract import Manifest
    from workbench.experiments import Experiment
    from workbench.runs.evaluator import Tasks

__all__ = ["ProcessBackend", "SerialBackend", "StartMethod"]

StartMethod: TypeAlias = Literal["fork", "spawn"]

_SHOW_SECONDS: Final = 0.5
# Until a forked worker has its first task.
_WORKER_SECONDS: Final = 0.1


class SerialBackend(FolderBackend):
    """Evaluates in this process, shard after shard; `submit` returns when the run has ended.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, _SerialEvaluator(root))

    @property
    def deployment(self) -> Deployment:
        """One worker, this process; see `Backend.deployment`."""
        return _on_this_machine(1)


class ProcessBackend(FolderBackend):
    """Evaluates on several cores; `submit` returns at once, and `Run.wait` follows.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    workers : int
        Processes to use.
    start_method : {'fork', 'spawn'}, optional
        How they are started. Forked workers know the experiment, a notebook's own included; spawned ones import it by
        its module's name. By default forked on Linux and spawned elsewhere: macOS' libraries do not survive a fork.
    """

    def __init__(self, root: Path, *, workers: int, start_method: StartMethod | None = None) -> None:
        self.workers = workers
        self.start_method = start_method or ("fork" if sys.platform.startswith("linux") else "spawn")
        self._pools = _PoolEvaluator(root, workers, self.start_method)
        super().__init__(root, self._pools)

    @property
    def deployment(self) -> Deployment:
        """Its workers; see `Backend.deployment`."""
        return _on_this_machine(self.workers)

    def stop(self) -> None:
        """End every evaluation promptly; finished outcomes are kept, and what is missing can be evaluated again."""
        self._pools.stop()


class _SerialEvaluator:
    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self, experiment: Experiment[..., Any]) -> None:
        """Whatever is at hand can be evaluated; see `Evaluator.check`."""

    def choose_shard_size(self, manifest: Manifest, experiment: Experiment[..., Any]) -> int:
        """Choose without a pilot; see `Evaluator.choose_shard_size`."""
        # Whoever debugs a function in this process does not want it to run in another one.
        most = max_rows_in_memory(experiment.spec)
        return choose_local_shard_size(manifest.n_rows, None, workers=1, max_rows=most)

    def evaluate(self, manifest: Manifest, tasks: Tasks, experiment: Experiment[..., Any]) -> None:
        """Evaluate to the end, unless the run is cancelled meanwhile; see `Evaluator.evaluate`."""
        store = LocalStore(self._root)
        tombstone = control_key(manifest.run_id, tasks.generation, "cancelled")
        shown = -_SHOW_SECONDS
        presence = Presence(self._root, manifest.run_id)
        with presence.held(), one_thread(), show_progress(manifest) as show:
            for task in tasks:
                if store.get(tombstone) is None:
                    run_shard(store, manifest, task, worker=worker_name(), experiment=experiment)
                else:
                    cancel_shard(store, manifest, task.shard_id, generation=task.generation)
                if time.monotonic() - shown >= _SHOW_SECONDS:
                    show(run_status(manifest, list_landed(store, manifest)))
                    shown = time.monotonic()


class _PoolEvaluator:
    def __init__(self, root: Path, workers: int, start_method: StartMethod) -> None:
        self._root = root
        self._workers = workers
        self._start_method = start_method
        self._evaluations: list[PoolEvaluation] = []

    def check(self, experiment: Experiment[..., Any]) -> None:
        """Refuse what a spawned worker could not import; see `Evaluator.check`."""
        if self._start_method == "spawn":
            _check_importable(experiment)

    def choose_shard_size(self, manifest: Manifest, experiment: Experiment[..., Any]) -> int:
        """Choose by a pilot; see `Evaluator.choose_shard_size`."""
        with one_thread():
            row_seconds = measure_row(manifest, experiment)
        most = max_rows_in_memory(experiment.spec)
        return choose_local_shard_size(manifest.n_rows, row_seconds, workers=self._workers, max_rows=most)

    def evaluate(self, manifest: Manifest, tasks: Tasks, experiment: Experiment[..., Any]) -> PoolEvaluation:
        """Start workers; see `Evaluator.evaluate`."""
        by_name = _Imported(experiment.function.__module__, experiment.function.__qualname__)
        evaluation = PoolEvaluation(
            self._root,
            manifest,
            tasks,
            presence=Presence(self._root, manifest.run_id),
            workers=self._workers,
            context=multiprocessing.get_context(self._start_method),
            experiment=by_name if self._start_method == "spawn" else lambda: experiment,
        )
        self._evaluations.append(evaluation)
        return evaluation

    def stop(self) -> None:
        for evaluation in self._evaluations:
            evaluation.stop()


@dataclass(frozen=True)
class _Imported:
    """An experiment by its name; another process finds it there again."""

    module: str
    name: str

    def __call__(self) -> Any:
        return getattr(importlib.import_module(self.module), self.name)


def _on_this_machine(workers: int) -> Deployment:
    return Deployment(
        timeout_s=math.inf,
        concurrency=workers,
        cold_start_seconds=_WORKER_SECONDS,
        invocation_seconds=SHARD_OVERHEAD_SECONDS,
        billed=False,
    )


def _check_importable(experiment: Experiment[..., Any]) -> None:
    module, name = experiment.function.__module__, experiment.function.__qualname__
    importable = module != "__main__" and importlib.util.find_spec(module) is not None
    if not importable or getattr(sys.modules.get(module), name, None) is not experiment:
        raise ExperimentError(
            f"{experiment.spec.name} is defined in {module}, from where spawned processes cannot import it: "
            "put it into a module of its own and import it from there, or use wb.serial()"
        )
