"""Progress while shards land: a bar in the terminal, widgets in a notebook, silence in a pipe."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.runs.pace import PaceKeeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.contract import Manifest
    from workbench.runs.pace import Pace
    from workbench.runs.status import RunStatus
    from workbench.runs.watch import Clock

__all__ = ["show_progress"]


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
    with _bar(manifest.run_id, manifest.n_shards) as show:
        keeper = PaceKeeper(clock, manifest.n_rows)
        yield lambda status: show(status, keeper.see(status.rows.ended))


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[RunStatus, Pace | None], None]]:
    if _in_notebook():
        yield _notebook_bar(label, total)
        return
    # A process that shows nothing need not load it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"))
    more = (TimeElapsedColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, *more, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total, pace="")
        yield lambda status, pace: bar.update(task, completed=status.shards.ended, pace=str(pace or ""))


def _in_notebook() -> bool:
    """Whether a kernel shows what we display; IPython is only asked where it is loaded already."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _notebook_bar(label: str, total: int) -> Callable[[RunStatus, Pace | None], None]:
    # Only in a notebook: ipywidgets belongs to the extra `notebooks`.
    import ipywidgets  # noqa: PLC0415
    from IPython.display import display  # noqa: PLC0415

    bar = ipywidgets.IntProgress(value=0, min=0, max=total, layout={"width": "20em"})
    text = ipywidgets.HTML(value=label)
    # Where the widget cannot be shown, as in a saved notebook, its text stands: words instead of its constructor.
    bundle = ipywidgets.HBox([bar, text])._repr_mimebundle_() | {"text/plain": f"{label}: {total:,} shards"}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def update(status: RunStatus, pace: Pace | None) -> None:
        bar.value = status.shards.ended
        bar.bar_style = {"SUCCEEDED": "success", "FAILED": "warning", "ABORTED": "danger"}.get(status.state, "")
        text.value = f"{label}&ensp;{status}" + (f"&ensp;{pace}" if pace else "")

    return update
