"""What a person sees and does in a browser, named once: a notebook's cells, and the panels in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from browser_servers import Lab

__all__ = ["Explorer", "Grid", "Monitor", "Notebook", "tab_to"]

# Kernels start and runs end in their own time; a test that fails has waited this long.
PATIENCE_MS: Final = 90_000
MOST_TABS: Final = 80

# Of JupyterLab's own objects: whatever the page says, the kernel is what is waited for.
_READY: Final = """() => {
    const app = window.jupyterapp, context = app?.shell.currentWidget?.sessionContext;
    const idle = context?.isReady && context.session?.kernel?.status === 'idle';
    return idle && app.commands.hasCommand('notebook:run-all-cells');
}"""
_RUN: Final = """() => {
    window.ended = false;
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ended = true; });
}"""
_END: Final = "async () => { await window.jupyterapp?.serviceManager.sessions.shutdownAll(); }"


class Notebook:
    """A notebook in JupyterLab.

    Parameters
    ----------
    page : Page
        Of the browser.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, lab: Lab, name: str, *cells: str) -> None:
        """Write a notebook, show it, and run its cells to the end of the last one."""
        self.page.goto(lab.write(f"{name}.ipynb", *cells))
        self.page.wait_for_function(_READY, timeout=PATIENCE_MS)
        self.page.evaluate(_RUN)
        self.page.wait_for_function("window.ended", timeout=PATIENCE_MS)

    def output(self, index: int) -> Locator:
        """What a code cell has left."""
        return self.page.locator(".jp-CodeCell").nth(index).locator(".jp-Cell-outputArea")

    def close(self) -> None:
        """End the kernels that were started here."""
        self.page.evaluate(_END)


class Grid:
    """A grid builder, wherever it is shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator(".wb-grid")
        self.experiment = page.locator(".wb-grid-experiment select")
        self.replicates = page.locator(".wb-grid-replicates input")
        self.size = page.locator(".wb-grid-size")
        self.preview = page.locator(".wb-grid-preview")
        self.code = page.locator(".wb-grid-code pre")
        self.copy = page.locator(".wb-grid-copy")
        self.earlier = page.locator(".wb-grid-run-id input")
        self.load = page.locator(".wb-grid-load")
        self.load_error = page.locator(".wb-grid-load-error")
        self.submit = page.locator(".wb-grid-submit")
        self.reason = page.locator(".wb-grid-reason")
        self.run_id = page.locator(".wb-grid-run b")

    def kind(self, parameter: str) -> Locator:
        """How the values of a parameter are given."""
        return self.page.locator(f".wb-grid-kind-{parameter} select")

    def field(self, parameter: str, name: str = "value") -> Locator:
        """A field of a parameter: its value, stop or count."""
        return self.page.locator(f".wb-grid-{name}-{parameter} input")

    def error(self, parameter: str) -> Locator:
        """What is wrong at a parameter."""
        return self.page.locator(f".wb-grid-error-{parameter}")

    def give(self, parameter: str, kind: str, *texts: str) -> None:
        """Choose how a parameter is given, and type into its fields, key by key."""
        self.kind(parameter).select_option(kind)
        for name, text in zip(("value", "stop", "count"), texts, strict=False):
            field = self.field(parameter, name)
            field.click()
            field.fill("")
            field.press_sequentially(text)


class Monitor:
    """A monitor of a run."""

    def __init__(self, page: Page) -> None:
        self.box = page.locator(".wb-monitor")
        self.run_id = page.locator(".wb-monitor-run-id input")
        self.attach = page.locator(".wb-monitor-attach")
        self.run_id_error = page.locator(".wb-monitor-run-id-error")
        self.status = page.locator(".wb-monitor-status")
        self.bar = page.locator(".wb-monitor-progress .progress-bar")
        self.shards = page.locator(".wb-monitor-shards svg")
        self.failures = page.locator(".wb-monitor-failures")
        self.chart = page.locator("img.wb-monitor-chart")
        self.cancel = page.locator(".wb-monitor-cancel")
        self.keep = page.locator(".wb-monitor-keep")
        self.confirm = page.locator(".wb-monitor-confirm")
        self.resume = page.locator(".wb-monitor-resume")

    def reaches(self, words: str) -> None:
        """Wait until the status says something."""
        expect(self.status).to_contain_text(words, timeout=PATIENCE_MS)


class Explorer:
    """An explorer of a run's results."""

    def __init__(self, page: Page) -> None:
        self.box = page.locator(".wb-explorer")
        self.kind = page.locator(".wb-explorer-kind select")
        self.metric = page.locator(".wb-explorer-metric select")
        self.x = page.locator(".wb-explorer-x select")
        self.y = page.locator(".wb-explorer-y select")
        self.hue = page.locator(".wb-explorer-hue select")
        self.draw = page.locator(".wb-explorer-draw")
        self.busy = page.locator(".wb-explorer-busy")
        self.chart = page.locator("img.wb-explorer-chart")
        self.table = page.locator(".wb-explorer-table table")
        self.code = page.locator(".wb-explorer-code pre")


def tab_to(page: Page, target: Locator) -> None:
    """Press the tabulator until something has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{MOST_TABS} times Tab does not lead to {target}")
