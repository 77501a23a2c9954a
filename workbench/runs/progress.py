"""Progress while shards land: a bar in the terminal, widgets in a notebook, silence in a pipe."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.runs.status import RunStatus

__all__ = ["show_progress"]


@contextmanager
def show_progress(label: str, total: int) -> Iterator[Callable[[RunStatus], None]]:
    """Show how many shards have ended.

    Parameters
    ----------
    label : str
        The run.
    total : int
        Its shards.

    Yields
    ------
    callable
        To be called with every new status.
    """
    if _in_notebook():
        yield _notebook_bar(label, total)
        return
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total)
        yield lambda status: bar.update(task, completed=status.shards.ended)


def _in_notebook() -> bool:
    """Whether a kernel shows what we display; IPython is only asked where it is loaded already."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _notebook_bar(label: str, total: int) -> Callable[[RunStatus], None]:
    # Only in a notebook: ipywidgets belongs to the extra `notebooks`.
    import ipywidgets  # noqa: PLC0415
    from IPython.display import display  # noqa: PLC0415

    bar = ipywidgets.IntProgress(value=0, min=0, max=total, layout={"width": "20em"})
    text = ipywidgets.HTML(value=label)
    # Where the widget cannot be shown, as in a saved notebook, its text stands: words instead of its constructor.
    bundle = ipywidgets.HBox([bar, text])._repr_mimebundle_() | {"text/plain": f"{label}: {total:,} shards"}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def update(status: RunStatus) -> None:
        bar.value = status.shards.ended
        bar.bar_style = {"SUCCEEDED": "success", "FAILED": "warning", "ABORTED": "danger"}.get(status.state, "")
        text.value = f"{label}&ensp;{status}"

    return update
