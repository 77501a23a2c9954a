"""The web application: the same grid builder on a page of its own, for those who have its token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser_pages import PATIENCE_MS, Grid, Monitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from browser_servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.emulator]


def test_a_grid_is_submitted_from_the_application(app: Server, page: Page, pictures: Path) -> None:
    page.set_viewport_size({"width": 1000, "height": 1700})
    page.goto(app.entry)
    grid, monitor = Grid(page), Monitor(page)
    expect(grid.submit).to_be_disabled(timeout=PATIENCE_MS)
    expect(page).to_have_title("Sweep Workbench")
    expect(page.get_by_text("import workbench")).to_have_count(0)
    grid.experiment.select_option("mmc_queue")
    grid.give("arrival_rate", "list", "0.2, 0.4, 0.6, 0.8")
    grid.give("horizon", "fixed", "150")
    grid.replicates.fill("5")
    expect(grid.size).to_have_text("4 points × 5 replicates = 20 rows")
    grid.submit.click()
    monitor.reaches("SUCCEEDED")
    expect(monitor.chart).to_be_visible()
    page.screenshot(path=pictures / "app.png")


def test_nobody_is_served_without_the_token(app: Server, page: Page) -> None:
    page.goto(app.url)
    expect(page.get_by_role("textbox", name="Password or token")).to_be_visible()
    expect(page.get_by_text("Setup a Password")).to_have_count(0)
    expect(Grid(page).box).to_have_count(0)
