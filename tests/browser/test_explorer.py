"""The results of a run are drawn by choosing, and the code beside draws the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser_pages import Explorer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser_pages import Notebook
    from browser_servers import Lab

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

RUN = """\
import workbench as wb
from workbench.experiments import mmc_queue
from workbench.widgets import ResultsExplorer
cloud = wb.connect("local")
space = wb.product(arrival_rate=[0.3, 0.5, 0.7], servers=[1, 2])
run = cloud.submit(wb.Sweep(mmc_queue, space, replicates=4, fixed={"horizon": 200.0}), shard_size=8)
run.wait()"""


def test_results_are_explored_by_choosing(lab: Lab, notebook: Notebook, page: Page) -> None:
    notebook.run(lab, "explore", RUN, "ResultsExplorer(run)")
    explorer = Explorer(page)
    explorer.hue.select_option("servers")
    expect(explorer.code).to_contain_text("hue")
    expect(explorer.chart).to_be_hidden()
    explorer.draw.click()
    expect(explorer.chart).to_be_visible()
    lines = explorer.chart.get_attribute("src") or ""

    explorer.kind.select_option("heatmap")
    explorer.y.select_option("arrival_rate")
    expect(explorer.draw).to_be_disabled()
    explorer.y.select_option("servers")
    expect(explorer.code).to_contain_text("heatmap")
    explorer.draw.click()
    expect(explorer.chart).not_to_have_attribute("src", lines)

    explorer.kind.select_option("table")
    explorer.draw.click()
    expect(explorer.chart).to_be_hidden()
    expect(explorer.table.locator("tbody tr")).not_to_have_count(0)
