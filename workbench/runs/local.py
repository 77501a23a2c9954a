"""Runs on this machine, in this process or on all cores; the outcomes lie in a folder as they would lie in a bucket."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import secrets
import socket
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from workbench.analysis.duck import DuckEngine
from workbench.compute.shard import ShardReport, run_shard
from workbench.contract import Caps, Catalog, Manifest, decode, encode, plan_run
from workbench.contract.keys import (
    MANIFESTS_PREFIX,
    manifest_key,
    outcomes_prefix,
    parse_outcome_key,
    run_id_of_manifest,
)
from workbench.errors import RunError
from workbench.runs.progress import show_progress
from workbench.runs.run import Run, read_manifest
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.experiments import Experiment
    from workbench.runs.sweep import Sweep

__all__ = ["ProcessBackend", "SerialBackend"]

# A laptop has no service to protect; only what can be numbered is refused.
_CAPS: Final = Caps(max_shards=1_000_000, max_rows_per_shard=10_000_000, max_rows=3_000_000_000)


class _FolderBackend:
    """What both local back ends share: runs that lie in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._store = LocalStore(root)

    def open(self, run_id: str) -> Run:
        """Find a run by its name; RunError where there is none."""
        return self._run(read_manifest(self._store, run_id))

    def run_ids(self) -> list[str]:
        """Names of all runs, sorted."""
        return [run_id_of_manifest(key) for key in self._store.keys(MANIFESTS_PREFIX)]

    def _plan(self, sweep: Sweep, *, shard_size: int | None, fresh: bool) -> Manifest:
        """Write the manifest of a sweep, or read the one that is there."""
        request = sweep.request(shard_size=shard_size, nonce=secrets.token_hex(8) if fresh else "")
        manifest = plan_run(
            request,
            Catalog(experiments=(sweep.experiment.spec,)),
            _CAPS,
            created_by=getpass.getuser(),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        key = manifest_key(manifest.run_id)
        if self._store.put(key, encode(manifest), if_absent=True):
            return manifest
        return decode(self._store.get(key) or b"", Manifest, source=key)

    def _missing(self, manifest: Manifest) -> list[int]:
        """Shards without an outcome."""
        keys = self._store.keys(outcomes_prefix(manifest.spec.name, manifest.run_id))
        reported = {outcome.shard_id for key in keys if (outcome := parse_outcome_key(key))}
        return [shard_id for shard_id in range(manifest.n_shards) if shard_id not in reported]

    def _run(self, manifest: Manifest, futures: list[Future[ShardReport]] | None = None) -> Run:
        engine = DuckEngine(self.root, manifest.spec, manifest.run_id)
        return Run(manifest, self._store, engine, check=lambda: _raise_failure(manifest, futures or []))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"


class SerialBackend(_FolderBackend):
    """Evaluates in this process, shard after shard; `submit` returns when the run is finished.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    """

    def submit(self, sweep: Sweep, *, shard_size: int | None = None, fresh: bool = False) -> Run:
        """Evaluate a sweep, or what is missing of it; see `Backend.submit`."""
        manifest = self._plan(sweep, shard_size=shard_size, fresh=fresh)
        run = self._run(manifest)
        if missing := self._missing(manifest):
            with show_progress(manifest.run_id, manifest.n_shards) as show:
                for shard_id in missing:
                    run_shard(self._store, manifest, shard_id, worker=_worker(), experiment=sweep.experiment)
                    show(run.status())
        return run


class ProcessBackend(_FolderBackend):
    """Evaluates on several cores; `submit` returns at once, and `Run.wait` follows.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    workers : int
        Processes to use.
    """

    def __init__(self, root: Path, *, workers: int) -> None:
        super().__init__(root)
        self.workers = workers

    def submit(self, sweep: Sweep, *, shard_size: int | None = None, fresh: bool = False) -> Run:
        """Start the run of a sweep, or of what is missing of it; see `Backend.submit`."""
        manifest = self._plan(sweep, shard_size=shard_size, fresh=fresh)
        missing = self._missing(manifest)
        if not missing:
            return self._run(manifest)
        # Forked workers know the experiment, notebooks' own included; where there is no fork they import it by name.
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        known = sweep.experiment if method == "fork" else None
        pool = ProcessPoolExecutor(
            min(self.workers, len(missing)),
            mp_context=multiprocessing.get_context(method),
            initializer=_prepare,
            initargs=(LocalStore(self.root), encode(manifest), known),
        )
        futures = [pool.submit(_evaluate, shard_id) for shard_id in missing]
        pool.shutdown(wait=False)
        return self._run(manifest, futures)


def _raise_failure(manifest: Manifest, futures: list[Future[ShardReport]]) -> None:
    for future in futures:
        if not future.done() or (error := future.exception()) is None:
            continue
        if isinstance(error, BrokenProcessPool):
            raise RunError(
                f"a worker process of {manifest.run_id} died (killed, out of memory, or the experiment ended it); "
                "the outcomes so far are kept: submit the sweep again to evaluate the rest"
            ) from error
        raise error


_state: dict[str, Any] = {}


def _prepare(store: LocalStore, manifest: bytes, experiment: Experiment[..., Any] | None) -> None:
    _state.update(store=store, manifest=decode(manifest, Manifest, source="manifest"), experiment=experiment)


def _evaluate(shard_id: int) -> ShardReport:
    return run_shard(_state["store"], _state["manifest"], shard_id, worker=_worker(), experiment=_state["experiment"])


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
