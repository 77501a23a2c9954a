"""A machine without any configuration of AWS, and a server to talk to."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from canned_server import canned_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from canned_server import CannedServer


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))


@pytest.fixture
def server(bare_machine: None) -> Iterator[CannedServer]:
    with canned_server() as canned:
        yield canned


@pytest.fixture
def closed_url() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
