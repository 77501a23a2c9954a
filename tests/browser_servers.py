"""The servers that a browser looks at in tests, each a process of its own: JupyterLab, and `workbench app`."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Lab", "Server", "running_app", "running_lab"]

ROOT: Final = Path(__file__).parents[1]
READY_SECONDS: Final = 60
STOP_SECONDS: Final = 15
# Cells that are out of sight stay in the page, where tests find them.
SETTINGS: Final = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True)
class Server:
    """A server that answers at an address, with its token."""

    url: str
    token: str

    @property
    def entry(self) -> str:
        """Where a browser begins."""
        return f"{self.url}?token={self.token}"


@dataclass(frozen=True)
class Lab(Server):
    """JupyterLab, and the folders that it works in."""

    folder: Path
    settings: Path

    def write(self, name: str, *cells: str) -> str:
        """Put a notebook of code cells where it is found; returns its address."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            # Without it, JupyterLab asks.
            metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        )
        nbformat.write(notebook, self.folder / name)
        return self.address(name)

    def address(self, name: str) -> str:
        """Where a notebook is shown on its own, without side bars."""
        return f"{self.url}doc/tree/{name}?token={self.token}"

    def set(self, plugin: str, **values: object) -> None:
        """Change a user's setting, for pages that are opened from now on."""
        path = self.settings / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


@contextmanager
def running_lab(folder: Path, environment: Mapping[str, str]) -> Iterator[Lab]:
    """JupyterLab on a free port of the loopback interface, which knows nothing of the user's own."""
    names = ("config", "data", "runtime", "ipython", "settings", "workspaces", "notebooks")
    folders = {name: folder / name for name in names}
    for path in folders.values():
        path.mkdir()
    token = secrets.token_hex()
    own = {
        "JUPYTER_CONFIG_DIR": folders["config"],
        "JUPYTER_DATA_DIR": folders["data"],
        "JUPYTER_RUNTIME_DIR": folders["runtime"],
        "IPYTHONDIR": folders["ipython"],
        "JUPYTERLAB_SETTINGS_DIR": folders["settings"],
        "JUPYTERLAB_WORKSPACES_DIR": folders["workspaces"],
        "JUPYTER_TOKEN": token,
    }
    command = [
        *("-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folders['notebooks']}"),
        *("--LabApp.extension_manager=readonly", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        *("--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True"),
    ]

    def address(_log: str) -> str | None:
        records = list(folders["runtime"].glob("jpserver-*.json"))
        return json.loads(records[0].read_text())["url"] if records else None

    settings = environment | {name: str(path) for name, path in own.items()}
    with _running(command, folder / "lab.log", settings, address) as url:
        lab = Lab(url, token, folders["notebooks"], folders["settings"])
        for plugin, values in SETTINGS.items():
            lab.set(plugin, **values)
        yield lab


@contextmanager
def running_app(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[Server]:
    """`workbench app` on a free port."""

    def address(log: str) -> tuple[str, str] | None:
        found = re.search(r"(http://127\.0\.0\.1:\d+/)\?token=([\w-]+)", log)
        return (found[1], found[2]) if found else None

    command = ["-m", "workbench.cli", "app", "--no-browser", *arguments]
    with _running(command, folder / "app.log", environment | {"COLUMNS": "200"}, address) as found:
        yield Server(*found)


@contextmanager
def _running(
    arguments: list[str], log: Path, environment: Mapping[str, str], address: Callable[[str], Any]
) -> Iterator[Any]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=log.parent,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while (found := address(log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
