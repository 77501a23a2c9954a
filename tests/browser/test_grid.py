"""Grids are built by clicking and typing, submitted to the stack, and watched until their chart is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser_pages import Grid, Monitor, tab_to

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from browser_pages import Notebook
    from browser_servers import Lab

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

BUILD = """\
import workbench as wb
from workbench.widgets import GridBuilder, RunMonitor
cloud = wb.connect("local")
builder, monitor = GridBuilder(cloud, experiment="mmc_queue"), RunMonitor(cloud)
builder.on_submit.append(monitor.attach)
display(builder, monitor)"""


def test_a_grid_is_built_and_submitted_by_clicking_and_typing(lab: Lab, notebook: Notebook, page: Page) -> None:
    notebook.run(lab, "build", BUILD)
    grid, monitor = Grid(page), Monitor(page)
    expect(grid.submit).to_be_disabled()

    grid.give("arrival_rate", "list", "0.3, fast, -1")
    expect(grid.error("arrival_rate")).to_contain_text("fast")
    expect(grid.reason).to_contain_text("arrival_rate")
    expect(grid.submit).to_be_disabled()
    grid.give("arrival_rate", "list", "-1")
    expect(grid.error("arrival_rate")).to_contain_text("0")
    expect(grid.submit).to_be_disabled()

    grid.give("arrival_rate", "list", "0.3, 0.5, 0.7")
    expect(grid.error("arrival_rate")).to_have_text("")
    expect(grid.size).to_have_text("3 points × 1 replicate = 3 rows")
    grid.give("servers", "list", "1, 2")
    grid.give("horizon", "fixed", "200")
    grid.replicates.fill("4")
    expect(grid.size).to_have_text("6 points × 4 replicates = 24 rows")
    expect(grid.preview.locator("tbody tr").first).to_contain_text("0.3")
    expect(grid.code).to_contain_text("servers")

    expect(grid.submit).to_be_enabled()
    grid.submit.click()
    monitor.reaches("SUCCEEDED")
    expect(monitor.status).to_contain_text("24 of 24 rows")
    expect(monitor.status).to_contain_text(grid.run_id.inner_text())
    expect(monitor.shards).to_have_attribute("aria-label", re.compile(r"Shards: \d+ succeeded"))
    expect(monitor.chart).to_be_visible()


def test_the_code_of_what_is_typed_is_copied(lab: Lab, notebook: Notebook, page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(lab, "copy", BUILD)
    grid = Grid(page)
    grid.give("arrival_rate", "linspace", "0.1", "0.9", "5")
    expect(grid.size).to_contain_text("5 points")
    expect(grid.code).to_contain_text("linspace(0.1, 0.9, 5)")
    grid.copy.click()
    expect(grid.copy).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").strip() == grid.code.inner_text().strip()


def test_the_grid_of_an_earlier_run_is_loaded(lab: Lab, notebook: Notebook, page: Page) -> None:
    earlier = "wb.Sweep('mmc_queue', wb.product(servers=[1, 2, 3]), fixed={'arrival_rate': 0.5, 'horizon': 100.0})"
    notebook.run(lab, "load", BUILD, f"print(cloud.submit({earlier}).run_id)")
    grid = Grid(page)
    run_id = notebook.output(1).inner_text().split()[-1]
    grid.earlier.fill("mmc_queue-0123456789ab")
    grid.load.click()
    expect(grid.load_error).to_contain_text("mmc_queue-0123456789ab")
    grid.earlier.fill(run_id)
    grid.load.click()
    expect(grid.load_error).to_have_text("")
    expect(grid.field("servers")).to_have_value("1, 2, 3")
    expect(grid.field("horizon")).to_have_value("100.0")
    expect(grid.size).to_have_text("3 points × 1 replicate = 3 rows")


def test_the_keyboard_alone_submits(lab: Lab, notebook: Notebook, page: Page) -> None:
    notebook.run(lab, "keyboard", BUILD)
    grid, monitor = Grid(page), Monitor(page)
    grid.experiment.focus()
    tab_to(page, grid.field("arrival_rate"))
    page.keyboard.type("0.25, 0.75")
    tab_to(page, grid.kind("horizon"))
    page.keyboard.type("fixed")
    tab_to(page, grid.field("horizon"))
    page.keyboard.type("100")
    tab_to(page, grid.replicates)
    page.keyboard.press("Control+A")
    page.keyboard.type("3")
    expect(grid.size).to_have_text("2 points × 3 replicates = 6 rows")
    tab_to(page, grid.submit)
    page.keyboard.press("Enter")
    monitor.reaches("SUCCEEDED")
