"""The web application: the grid builder's page, served by Voila to the browsers of this machine."""

from __future__ import annotations

import json
import secrets
import socket
import tempfile
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workbench.cli.output import console
from workbench.errors import WorkbenchError

try:
    from tornado.ioloop import IOLoop
    from traitlets.config import Config
    from voila.app import Voila
except ImportError as error:
    raise WorkbenchError(
        f"the web application needs {error.name}: run `pip install 'sweep-workbench[notebooks]'`"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["application_code", "serve_app"]

_HOST: Final = "127.0.0.1"
_TITLE: Final = "Sweep Workbench"
_CODE: Final = """\
import os
import workbench as wb
from workbench.widgets import GridBuilder, RunMonitor
os.chdir({folder!r})
backend = {backend}
builder, monitor = GridBuilder(backend), RunMonitor(backend)
builder.on_submit.append(monitor.attach)
display(builder, monitor)"""
_KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Voila's template would fetch icons from a public server. Widgets bring their own; what they evaluate is their code.
_POLICY: Final = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)


def application_code(folder: Path, backend: Mapping[str, str | None]) -> str:
    """Write what the page's kernel runs.

    Parameters
    ----------
    folder : Path
        Where it works: what is relative to a folder stays relative to the user's.
    backend : mapping of str to str or None
        ``root`` for a folder of runs, else the arguments of `connect`.

    Returns
    -------
    str
        Python code, the same that a notebook would have.

    Examples
    --------
    >>> print(application_code(Path("studies"), {"root": "results"}))
    import os
    import workbench as wb
    from workbench.widgets import GridBuilder, RunMonitor
    os.chdir('studies')
    backend = wb.processes(root='results')
    builder, monitor = GridBuilder(backend), RunMonitor(backend)
    builder.on_submit.append(monitor.attach)
    display(builder, monitor)
    """
    arguments = ", ".join(f"{name}={value!r}" for name, value in backend.items() if value is not None)
    made = f"wb.processes({arguments})" if "root" in backend else f"wb.connect({arguments})"
    return _CODE.format(folder=str(folder), backend=made)


def serve_app(backend: Mapping[str, str | None], *, port: int, browser: bool) -> None:
    """Serve the page until the command is interrupted; each browser tab gets a kernel of its own.

    Parameters
    ----------
    backend : mapping of str to str or None
        As of `application_code`.
    port : int
        Where it listens on the loopback interface, or a port near by if that is taken; 0 for any that is free.
    browser : bool
        Whether to open it in the user's browser.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as folder:
        path = Path(folder, "workbench.ipynb")
        path.write_text(_notebook(application_code(Path.cwd(), backend)), encoding="utf-8")
        # Other users of the machine reach the loopback interface, too.
        token = secrets.token_urlsafe()
        server = Voila.instance(config=_config(port or _free_port(), token))
        server.initialize([str(path)])
        IOLoop.current().add_callback(partial(_announce, server, token, browser=browser))
        server.start()


def _notebook(code: str) -> str:
    """Write the file format's document of a single cell."""
    cell: dict[str, Any] = {"cell_type": "code", "id": "app", "metadata": {}, "source": code}
    cell |= {"execution_count": None, "outputs": []}
    metadata = {"title": _TITLE, "kernelspec": _KERNEL}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [cell]})


def _config(port: int, token: str) -> Config:
    settings = {
        "ip": _HOST,
        "port": port,
        "token": token,
        "open_browser": False,
        "log_level": "ERROR",
        "config_file_paths": [],
        "tornado_settings": {"headers": {"Content-Security-Policy": _POLICY}},
    }
    # Where tokens are asked for, Jupyter would offer to set a password of the user's for all its servers.
    return Config({"Voila": settings, "PasswordIdentityProvider": {"allow_password_change": False}})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _announce(server: Any, token: str, *, browser: bool) -> None:
    """Say where it is, once it listens there."""
    url = f"http://{_HOST}:{server.port}/?token={token}"
    console.print(f"until Ctrl-C, the grid builder is served at [bold]{url}[/bold]", highlight=False, soft_wrap=True)
    if browser:
        webbrowser.open(url)
