"""Runs are watched in a browser: cancelled after a question, resumed, found again by their ids, failures and all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser_pages import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from browser_pages import Notebook
    from browser_servers import Lab

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

CONNECT = """\
import workbench as wb
import faulty_models
from workbench.widgets import RunMonitor
cloud = wb.connect("local")"""
SLOW = """\
sweep = wb.Sweep(faulty_models.marks_and_waits, wb.product(x=range(8)), fixed={{"folder": {folder!r}}})
run = cloud.submit(sweep, shard_size=1)
RunMonitor(cloud, run)"""
FAILING = """\
sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(6)))
run = cloud.submit(sweep, shard_size=2)
print("id", run.run_id)"""
SECONDS = 60


def until(accept: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not accept():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_slow_run_is_cancelled_and_resumed(lab: Lab, notebook: Notebook, page: Page, tmp_path: Path) -> None:
    notebook.run(lab, "slow", CONNECT, SLOW.format(folder=str(tmp_path)))
    monitor = Monitor(page)
    until(lambda: list(tmp_path.glob("started-*")))
    monitor.reaches("0 of 8 shards")
    expect(monitor.confirm).to_be_hidden()

    monitor.cancel.click()
    monitor.keep.click()
    expect(monitor.confirm).to_be_hidden()
    expect(monitor.cancel).to_be_enabled()
    monitor.cancel.click()
    monitor.confirm.click()
    expect(monitor.confirm).to_be_hidden()
    expect(monitor.status).not_to_contain_text("being cancelled")
    # The rows that have begun go on to their ends; what has not is left undone.
    (tmp_path / "gate").touch()
    monitor.reaches("ABORTED")
    expect(monitor.cancel).to_be_disabled()

    expect(monitor.resume).to_be_enabled()
    monitor.resume.click()
    monitor.reaches("SUCCEEDED")
    expect(monitor.status).to_contain_text("8 of 8 rows")
    expect(monitor.status).to_contain_text("1 times resumed")
    expect(monitor.shards).to_have_attribute("aria-label", "Shards: 8 succeeded")
    expect(monitor.resume).to_be_disabled()


def test_a_run_is_found_again_by_its_id_with_its_failures(lab: Lab, notebook: Notebook, page: Page) -> None:
    notebook.run(lab, "failing", CONNECT, FAILING, "RunMonitor(cloud)")
    monitor = Monitor(page)
    run_id = notebook.output(1).inner_text().split()[-1]
    monitor.run_id.fill("sometimes_raises-0123456789ab")
    monitor.attach.click()
    expect(monitor.run_id_error).to_contain_text("sometimes_raises-0123456789ab")

    monitor.run_id.fill(run_id)
    monitor.attach.click()
    monitor.reaches("FAILED")
    expect(monitor.run_id_error).to_have_text("")
    expect(monitor.status).to_contain_text("2 rows failed")
    expect(monitor.failures).to_contain_text("0 is a multiple of 3")
    expect(monitor.shards).to_have_attribute("aria-label", "Shards: 1 succeeded, 2 failed")
