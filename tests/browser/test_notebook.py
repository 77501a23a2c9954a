"""A notebook in JupyterLab, seen in a browser: it runs, and what it shows is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser_pages import Notebook
    from browser_servers import Lab

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

CONNECT = "import workbench as wb\nfrom workbench.experiments import mmc_queue\ncloud = wb.connect('local')"
SWEEP = "sweep = wb.Sweep(mmc_queue, wb.product(arrival_rate=[0.3, 0.5, 0.7]), replicates=4, fixed={'horizon': 200.0})"
WAIT = "run = cloud.submit(sweep, shard_size=4)\nprint(run.wait())"
DRAW = "run.plot.lines(x='arrival_rate', y='mean_wait');"


def test_a_run_is_awaited_with_a_bar_and_then_drawn(lab: Lab, notebook: Notebook) -> None:
    notebook.run(lab, "wait", CONNECT, SWEEP, WAIT, DRAW)
    waited = notebook.output(2)
    expect(waited.locator(".widget-hprogress .progress-bar-success")).to_be_visible()
    expect(waited).to_contain_text("SUCCEEDED: 3 of 3 shards, 12 of 12 rows")
    expect(notebook.output(3).locator("img")).to_be_visible()
