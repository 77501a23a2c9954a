"""One contender in a fresh interpreter: started, timed, watched, and ended with everything that it started."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from benchmarks.memory import PeakMemory

if TYPE_CHECKING:
    from benchmarks.races import Race

__all__ = ["ROOT", "Launcher", "Measurement"]

ROOT: Final = Path(__file__).resolve().parents[1]
_SHOWN_CHARACTERS: Final = 200
# One thread for each process, as everybody does who uses all cores by processes.
_THREADS: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Of one run.

    Parameters
    ----------
    total_s : float, optional
        From the start of the interpreter to the aggregate; None where it failed.
    outcome : dict
        What the contender left, see `benchmarks.outcome.Outcome`.
    peak_mb : float, optional
        Highest memory of all processes, where it was watched.
    error : str, optional
        Why there is no outcome.
    """

    total_s: float | None = None
    outcome: dict[str, Any]
    peak_mb: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Starts contenders.

    Parameters
    ----------
    mode : str
        ``quick`` or ``full``.
    folder : Path
        Where they work.
    cores : int
        Processes that each uses.
    timeout : float
        Seconds for one run.
    """

    mode: str
    folder: Path
    cores: int
    timeout: float

    def run(self, contender: str, race: Race, *, watch_memory: bool = False, folder: Path | None = None) -> Measurement:
        """Run one contender once.

        Parameters
        ----------
        contender : str
            A key of `benchmarks.contenders.CONTENDERS`.
        race : Race
            What is to be done.
        watch_memory : bool
            Whether to watch its memory, which costs some time.
        folder : Path, optional
            An existing folder to work in, which is kept; a new one by default, which is removed.

        Returns
        -------
        Measurement
        """
        work = folder or self.folder / "work"
        if folder is None:
            shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        (work / "outcome.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "benchmarks.contenders", contender, race.name, self.mode]
        try:
            return self._timed([*command, str(work), str(self.cores)], work, watch_memory=watch_memory)
        finally:
            if folder is None:
                shutil.rmtree(work, ignore_errors=True)

    def clear(self, folder: Path) -> None:
        """Remove what an earlier measurement left in a folder that is kept."""
        shutil.rmtree(folder, ignore_errors=True)

    def _timed(self, command: list[str], work: Path, *, watch_memory: bool) -> Measurement:
        log = work / "log.txt"
        environment = os.environ | _THREADS | {"PYTHONPATH": str(ROOT), "WORKBENCH_EXPERIMENTS": "benchmarks.models"}
        with log.open("wb") as out:
            began = time.monotonic()
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
            )
            watched = PeakMemory(process.pid) if watch_memory else None
            try:
                status = process.wait(self.timeout)
            except subprocess.TimeoutExpired:
                return Measurement(outcome={}, error=f"not finished after {self.timeout:g} s")
            finally:
                peak_mb = watched.stop() / 1e6 if watched else None
                _end(process)
        path = work / "outcome.json"
        if status or not path.exists():
            return Measurement(outcome={}, error=_last_line(log) or f"ended with status {status}")
        outcome = json.loads(path.read_text())
        return Measurement(total_s=outcome.pop("finished") - began, outcome=outcome, peak_mb=peak_mb)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a contender: its descendants, and those of its session that lost their parent."""
    try:
        left = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    except psutil.NoSuchProcess:
        left = []
    for child in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:_SHOWN_CHARACTERS] if lines else ""
