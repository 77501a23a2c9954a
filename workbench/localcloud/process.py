"""Start, find and stop the emulator: one detached server process for each state folder."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from workbench.errors import EmulatorError
from workbench.localcloud.folder import Emulator, alone, is_served, read_record, write_record

__all__ = ["Emulator", "default_state_dir", "find", "start", "stop"]

_HOST = "127.0.0.1"
_LOG = "emulator.log"
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
_POLL_SECONDS = 0.05

# The servers that this very process started: they stay its zombies until it asks for their exit status.
_children: dict[int, subprocess.Popen[bytes]] = {}


def default_state_dir() -> Path:
    """Folder of the emulator's state unless one is named.

    Returns
    -------
    Path
        ``local`` in ``$WORKBENCH_HOME``, or in the user's cache folder.
    """
    home = os.environ.get("WORKBENCH_HOME")
    return (Path(home) if home else platformdirs.user_cache_path("sweep-workbench")) / "local"


def find(state_dir: Path) -> Emulator | None:
    """Find the emulator that works in a state folder.

    Parameters
    ----------
    state_dir : Path
        The folder.

    Returns
    -------
    Emulator or None
        None when none runs there, or when it does not answer.
    """
    emulator = read_record(state_dir)
    return emulator if emulator and is_served(state_dir) and _is_ready(emulator.port) else None


def start(
    state_dir: Path, *, concurrency: int | None = None, retry_seconds: float | None = None, timeout: float = 30
) -> Emulator:
    """Start the emulator, or return the one that already works in the folder.

    Parameters
    ----------
    state_dir : Path
        Where its state lives from one start to the next; made when missing.
    concurrency : int, optional
        How many asynchronous Lambda invocations run at once; the number of cores by default.
    retry_seconds : float, optional
        Seconds that stand for the minute that AWS waits before it retries a failed function; 1 by default.
    timeout : float
        Seconds until it must be ready.

    Returns
    -------
    Emulator
        Ready to be used. The port is the last one again where that is free.

    Raises
    ------
    EmulatorError
        When `concurrency` is less than 1, or it did not get ready; nothing of it is left running then.
    """
    if concurrency is not None and concurrency < 1:
        raise EmulatorError(f"concurrency is {concurrency}: at least one invocation has to run at once")
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    with alone(state_dir):
        running = find(state_dir)
        if running is not None:
            return running
        _end(state_dir, patience=timeout)
        settings = {"WORKBENCH_EMULATOR_CONCURRENCY": concurrency, "WORKBENCH_EMULATOR_RETRY_SECONDS": retry_seconds}
        emulator, process = _spawn(
            state_dir, {name: str(value) for name, value in settings.items() if value is not None}
        )
        _await_ready(emulator, process, timeout)
        return emulator


def stop(state_dir: Path, timeout: float = 10) -> bool:
    """Stop the emulator of a state folder and everything it started; its state stays.

    Parameters
    ----------
    state_dir : Path
        The folder.
    timeout : float
        Seconds that it has to save its state.

    Returns
    -------
    bool
        Whether one was running.

    Raises
    ------
    EmulatorError
        When it cannot be told which process is to be stopped.
    """
    state_dir = state_dir.resolve()
    if not state_dir.is_dir():
        return False
    with alone(state_dir):
        return _end(state_dir, patience=timeout)


def _spawn(state_dir: Path, settings: dict[str, str]) -> tuple[Emulator, subprocess.Popen[bytes]]:
    last = read_record(state_dir)
    with _listen(last.port if last else 0) as listener, (state_dir / _LOG).open("wb") as log:
        port = listener.getsockname()[1]
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.localcloud.server"],
            # This makes `workbench` importable; a PYTHONPATH would be seen by the Lambdas too.
            cwd=Path(__file__).parents[2],
            env=_environment(state_dir, port) | settings | {"WORKBENCH_EMULATOR_SOCKET": str(descriptor)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[descriptor],
        )
    _children[process.pid] = process
    emulator = Emulator(port, process.pid, state_dir, datetime.now(UTC).isoformat(timespec="seconds"))
    write_record(emulator)
    return emulator, process


def _listen(preferred: int) -> socket.socket:
    """Bind a port for the server to inherit, so that no other process can take it in between."""
    for port in (preferred, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((_HOST, port))
        except OSError:
            listener.close()
        else:
            return listener
    raise EmulatorError(f"no port of {_HOST} is free: end some programs that listen there")


def _environment(state_dir: Path, port: int) -> dict[str, str]:
    """Make the server's whole environment, which its Lambdas see: nothing of the user's but what a program needs."""
    folders = {"TMPDIR": "tmp", "STATE_DIR": "state", "S3_DATA_DIR": "s3"}
    for name in folders.values():
        (state_dir / name).mkdir(exist_ok=True)
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        **{variable: str(state_dir / name) for variable, name in folders.items()},
        "WORKBENCH_EMULATOR_HOME": str(state_dir),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": _HOST,
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "S3_PERSIST": "1",
        "PERSIST_STATE": "1",
        "ATHENA_ENGINE": "duckdb",
        "DOCKER_HOST": "unix:///nonexistent",
        # Each function keeps one worker; those that a burst leaves behind go after this many seconds.
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _await_ready(emulator: Emulator, process: subprocess.Popen[bytes], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < deadline:
        if _is_ready(emulator.port):
            return
        time.sleep(_POLL_SECONDS)
    status = process.poll()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _reap(process.pid)
    log = emulator.state_dir / _LOG
    happened = f"was not ready within {timeout:g} s" if status is None else f"ended with status {status}"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise EmulatorError(
        f"the emulator {happened}; it needs `pip install 'sweep-workbench[emulator]'`. The end of {log}:\n{tail}"
    )


def _end(state_dir: Path, *, patience: float) -> bool:
    running = is_served(state_dir)
    if running:
        emulator = read_record(state_dir)
        if emulator is None:
            raise EmulatorError(
                f"an emulator works in {state_dir}, but its record does not say which: "
                "end the process that runs `workbench.localcloud.server`"
            )
        with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(emulator.pid, signal.SIGTERM)
            if not _await_end(state_dir, patience):
                os.killpg(emulator.pid, signal.SIGKILL)
                _await_end(state_dir, patience)
        _reap(emulator.pid)
    shutil.rmtree(state_dir / "tmp", ignore_errors=True)
    return running


def _await_end(state_dir: Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while is_served(state_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _reap(pid: int) -> None:
    process = _children.pop(pid, None)
    if process is not None:
        process.wait()


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
