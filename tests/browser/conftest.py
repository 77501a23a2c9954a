"""Chromium, and the servers that it looks at, which find a stack of their own and nothing of the user's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from browser_pages import Notebook
from browser_servers import ROOT, running_app, running_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from browser_servers import Lab, Server
    from emulator_stack import LocalStack

# As the Makefile looks for it.
NAMES = ("chromium", "chromium-browser", "google-chrome")
PICTURES = "WORKBENCH_PICTURES"
# For what a click brings about; several kernels and a browser may share two cores.
SHOWN_MS = 20_000


@pytest.fixture(scope="session")
def environment(local_stack: LocalStack) -> dict[str, str]:
    """Where kernels find the stack, the experiments on it, and the code that is tested."""
    found = local_stack.environment
    return found | {"PYTHONPATH": os.pathsep.join([str(ROOT), found["PYTHONPATH"]])}


@pytest.fixture(scope="session")
def lab(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab"), environment) as lab:
        yield lab


@pytest.fixture(scope="session")
def app(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_app(tmp_path_factory.mktemp("app"), environment) as app:
        yield app


# Playwright keeps an event loop running in this thread, which tests of other modules may want for themselves.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, f"there is none of {', '.join(NAMES)}: `make browser` installs what is needed"
    expect.set_options(timeout=SHOWN_MS)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=program,
            # The sandbox needs a user that is not root.
            chromium_sandbox=os.geteuid() != 0,
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, whose pages may ask this machine only, and must not have asked anybody else."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.set_default_timeout(SHOWN_MS)
    asked: list[str] = []
    refused: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("requestfailed", lambda request: refused.extend([request.url] * _is_refused(request)))
    context.on("page", lambda page: page.on("websocket", lambda socket: asked.append(socket.url)))
    yield context
    context.close()
    assert asked
    assert [url for url in asked if _is_elsewhere(url) and url not in refused] == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def notebook(page: Page) -> Iterator[Notebook]:
    notebook = Notebook(page)
    yield notebook
    notebook.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: into the documentation only where that is asked for."""
    asked = os.environ.get(PICTURES)
    return Path(asked).resolve() if asked else tmp_path_factory.mktemp("pictures")


def _is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1"


def _is_refused(request: Request) -> bool:
    """Tell whether the page's own policy kept a request from being sent."""
    return request.failure == "csp"
