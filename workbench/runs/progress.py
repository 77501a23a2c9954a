"""Progress while shards land: a bar in the terminal, widgets in a notebook, silence in a pipe."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.runs.pace import PaceKeeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.contract import Manifest
    from workbench.runs.pace import Pace
    from workbench.runs.status import RunStatus
    from workbench.runs.watch import Clock

__all__ = ["Panel", "Shown", "open_panel", "show_progress"]


class Shown(NamedTuple):
    """What there is to see of a run at one moment.

    Parameters
    ----------
    status : RunStatus
        Where it stands.
    pace : Pace or None
        How fast it goes, where that is known.
    notes : tuple of str
        Lines of text.
    chart : bytes or None
        A picture, as PNG.
    """

    status: RunStatus
    pace: Pace | None = None
    notes: tuple[str, ...] = ()
    chart: bytes | None = None


class Panel(NamedTuple):
    """Where a run is shown.

    Parameters
    ----------
    show : callable
        To be called whenever there is something new.
    notes, charts : bool
        Whether anybody would see them.
    """

    show: Callable[[Shown], None]
    notes: bool
    charts: bool


@contextmanager
def show_progress(manifest: Manifest, clock: Clock = time) -> Iterator[Callable[[RunStatus], None]]:
    """Show how many shards have ended, how fast rows do, and how long the rest will take.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    clock : Clock
        Whose time is taken.

    Yields
    ------
    callable
        To be called with every new status.
    """
    with open_panel(manifest) as panel:
        keeper = PaceKeeper(clock, manifest.n_rows)
        yield lambda status: panel.show(Shown(status, keeper.see(status.rows.ended)))


@contextmanager
def open_panel(manifest: Manifest, *, roomy: bool = False) -> Iterator[Panel]:
    """Open the panel that suits where we are.

    Parameters
    ----------
    manifest : Manifest
        Of the run that is shown.
    roomy : bool
        Whether a notebook keeps room for notes and a chart.

    Yields
    ------
    Panel
    """
    label, total = manifest.run_id, manifest.n_shards
    if _in_notebook():
        yield Panel(_notebook(label, total, roomy=roomy), notes=roomy, charts=roomy)
        return
    # A process that shows nothing need not load it.
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Panel(lambda _: None, notes=False, charts=False)
        return
    with _terminal(console, label, total) as show:
        yield Panel(show, notes=True, charts=False)


@contextmanager
def _terminal(console: Any, label: str, total: int) -> Iterator[Callable[[Shown], None]]:
    # As above.
    from rich.console import Group  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"))
    bar = Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[pace]}"), console=console)
    task = bar.add_task(label, total=total, pace="")
    with Live(bar, console=console) as live:

        def show(shown: Shown) -> None:
            bar.update(task, completed=shown.status.shards.ended, pace=str(shown.pace or ""))
            live.update(Group(bar, *map(Text, shown.notes)))

        yield show


def _in_notebook() -> bool:
    """Whether a kernel shows what we display; IPython is only asked where it is loaded already."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _notebook(label: str, total: int, *, roomy: bool) -> Callable[[Shown], None]:
    # Only in a notebook: ipywidgets belongs to the extra `notebooks`.
    import ipywidgets  # noqa: PLC0415
    from IPython.display import display  # noqa: PLC0415

    bar = ipywidgets.IntProgress(value=0, min=0, max=total, layout={"width": "20em"})
    text = ipywidgets.HTML(value=label)
    notes = ipywidgets.HTML() if roomy else None
    # Hidden until there is one: browsers show an empty picture as a broken one.
    chart = ipywidgets.Image(format="png", layout={"display": "none"}) if roomy else None
    box = ipywidgets.HBox([bar, text])
    shown_box = ipywidgets.VBox([box, notes, chart]) if roomy else box
    # Where the widget cannot be shown, as in a saved notebook, its text stands: words instead of its constructor.
    bundle = shown_box._repr_mimebundle_() | {"text/plain": f"{label}: {total:,} shards"}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def show(shown: Shown) -> None:
        bar.value = shown.status.shards.ended
        bar.bar_style = {"SUCCEEDED": "success", "FAILED": "warning", "ABORTED": "danger"}.get(shown.status.state, "")
        text.value = f"{label}&ensp;{shown.status}" + (f"&ensp;{shown.pace}" if shown.pace else "")
        if notes is not None:
            notes.value = "<br>".join(map(escape, shown.notes))
        # A picture travels only when it is a new one.
        if chart is not None and shown.chart is not None and shown.chart != chart.value:
            chart.value = shown.chart
            chart.layout.display = None

    return show
