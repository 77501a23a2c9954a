"""The panels can be read: in light and dark themes, on narrow screens, and by those who need labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser_looks import cut_off, faint_texts, unlabelled
from browser_pages import PATIENCE_MS, Explorer, Grid, Monitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from browser_pages import Notebook
    from browser_servers import Lab, Server

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

# High enough for pictures, which show what is in sight.
HEIGHT = 2400
THEMES = "@jupyterlab/apputils-extension/themes"
PANELS = """\
import workbench as wb
from workbench.widgets import GridBuilder, ResultsExplorer, RunMonitor
cloud = wb.connect("local")
space = wb.product(arrival_rate=wb.linspace(0.1, 0.9, 9), servers=[1, 2])
run = cloud.submit(wb.Sweep("mmc_queue", space, replicates=8, seed=7, fixed={"horizon": 2_000.0}), shard_size=6)
builder, monitor = GridBuilder.load(run, cloud), RunMonitor(cloud, run, hue="servers")
explorer = ResultsExplorer(run)
display(builder, monitor, explorer)"""


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, lab: Lab) -> Iterator[str]:
    lab.set(THEMES, theme=f"JupyterLab {request.param.title()}")
    yield request.param
    lab.set(THEMES)


def test_panels_can_be_read_in_every_theme(
    theme: str, lab: Lab, notebook: Notebook, page: Page, pictures: Path
) -> None:
    page.set_viewport_size({"width": 1000, "height": HEIGHT})
    notebook.run(lab, f"panels-{theme}", PANELS)
    grid, monitor, explorer = Grid(page), Monitor(page), Explorer(page)
    assert page.evaluate("document.body.dataset.jpThemeLight") == str(theme == "light").lower()
    monitor.reaches("SUCCEEDED")
    expect(monitor.chart).to_be_visible()
    explorer.hue.select_option("servers")
    explorer.draw.click()
    expect(explorer.chart).to_be_visible()
    for name, panel in {"grid-builder": grid, "run-monitor": monitor, "results-explorer": explorer}.items():
        panel.box.screenshot(path=pictures / f"{name}-{theme}.png")
        assert unlabelled(panel.box) == []
        assert faint_texts(panel.box) == []

    grid.give("arrival_rate", "list", "fast")
    expect(grid.error("arrival_rate")).not_to_have_text("")
    grid.box.screenshot(path=pictures / f"grid-builder-errors-{theme}.png")
    assert faint_texts(grid.box) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_narrow_screen(theme: str, app: Server, page: Page, pictures: Path) -> None:
    page.set_viewport_size({"width": 420, "height": HEIGHT})
    page.goto(f"{app.entry}&theme={theme}")
    grid, monitor = Grid(page), Monitor(page)
    expect(grid.box).to_be_visible(timeout=PATIENCE_MS)
    grid.experiment.select_option("mmc_queue")
    grid.give("arrival_rate", "linspace", "0.2", "0.8", "4")
    grid.give("servers", "list", "1, 2")
    grid.give("horizon", "fixed", "150")
    expect(grid.size).to_contain_text("8 points")
    grid.submit.click()
    monitor.reaches("SUCCEEDED")
    expect(monitor.chart).to_be_visible()
    page.screenshot(path=pictures / f"app-narrow-{theme}.png")
    for panel in (grid, monitor):
        assert cut_off(panel.box) == []
        assert faint_texts(panel.box) == []
