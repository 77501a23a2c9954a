"""How every chart looks: one set of rc parameters, the colours, and the wording of labels."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from matplotlib.axes import Axes

__all__ = [
    "MARKERS",
    "OKABE_ITO",
    "SEQUENTIAL",
    "axes_or_new",
    "chart_style",
    "dress",
    "label_of",
    "sequential_colours",
    "thinned",
    "value_texts",
]

# Okabe and Ito, "Color Universal Design" (2008), https://jfly.uni-koeln.de/color/: told apart by readers of every
# kind of colour vision. The yellow comes last, because it is faint on white paper.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SEQUENTIAL = "viridis"

# The bright end of viridis is too faint for a line on white.
_SEQUENTIAL_SPAN = (0.0, 0.88)

_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_INK = "#333333"
_RC: dict[Any, Any] = {  # matplotlib types the keys as one long Literal
    "axes.axisbelow": True,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
    "figure.figsize": (5.2, 3.5),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "hatch.linewidth": 0.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.title_fontsize": 8.5,
    "legend.labelcolor": _INK,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "text.color": _INK,
    "xtick.color": _INK,
    "xtick.labelsize": 8.5,
    "xtick.major.width": 0.8,
    "ytick.color": _INK,
    "ytick.labelsize": 8.5,
    "ytick.major.width": 0.8,
}


@contextmanager
def chart_style() -> Iterator[None]:
    """Draw in the style of the workbench; the global rc parameters come back unchanged."""
    with mpl.rc_context(_RC):
        yield
        interactive = mpl.is_interactive()
    # A notebook's backend may have been loaded just now, with the first figure: leaving the context must not undo that
    # it shows figures by itself.
    mpl.interactive(interactive)


def axes_or_new(ax: Axes | None, *, size: tuple[float, float] | None = None) -> Axes:
    """Take the axes that were given, or those of a new figure.

    Parameters
    ----------
    ax : Axes or None
        Where to draw.
    size : (float, float), optional
        Width and height of the new figure in inches, where the usual ones do not suit.

    Returns
    -------
    Axes
        `ax` itself if it is given.
    """
    return plt.subplots(figsize=size)[1] if ax is None else ax


def dress(ax: Axes, *, grid: bool) -> None:
    """Give axes the spines, ticks and grid of the workbench, also where they were made by the caller.

    Parameters
    ----------
    ax : Axes
        The axes to change.
    grid : bool
        Whether thin grid lines help to read values off.
    """
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(direction="out", length=3)
    if grid:
        ax.grid(visible=True, color="#DDDDDD", linewidth=0.6)
        ax.set_axisbelow(True)


def label_of(name: str, labels: Mapping[str, str] | None) -> str:
    """Word a column or a metric for an axis.

    Parameters
    ----------
    name : str
        Name of the column or the metric.
    labels : mapping of str to str, or None
        The wordings that the caller chose.

    Returns
    -------
    str
        The chosen wording, else the name with spaces and a capital; a single letter is a symbol and stays.

    Examples
    --------
    >>> label_of("mean_wait", None)
    'Mean wait'
    >>> label_of("r", None)
    'r'
    >>> label_of("mean_wait", {"mean_wait": "Mean wait (s)"})
    'Mean wait (s)'
    """
    if labels and name in labels:
        return labels[name]
    words = name.replace("_", " ").strip()
    return words if len(words) == 1 else words[:1].upper() + words[1:]


def sequential_colours(count: int) -> list[str]:
    """Pick ordered colours whose lightness follows the order.

    Parameters
    ----------
    count : int
        Number of colours.

    Returns
    -------
    list of str
        Hexadecimal colours, from dark to light.
    """
    return [to_hex(colour) for colour in mpl.colormaps[SEQUENTIAL](np.linspace(*_SEQUENTIAL_SPAN, count))]


def value_texts(values: Iterable[object]) -> list[str]:
    """Word the values of a parameter for ticks or a legend: the same decimals for all, and no noise in the last ones.

    Parameters
    ----------
    values : iterable of object
        Values of one parameter.

    Returns
    -------
    list of str
        One text for each value.

    Examples
    --------
    >>> value_texts([0.1, 0.1 + 0.2, 0.25])
    ['0.10', '0.30', '0.25']
    >>> value_texts([1, 2]), value_texts([1e-9, 0.5])
    (['1', '2'], ['1e-09', '0.5'])
    """
    numbers = list(values)
    texts = [f"{value:.6g}" if isinstance(value, float) else str(value) for value in numbers]
    if not all(isinstance(value, float) for value in numbers) or any(not _DECIMAL.fullmatch(text) for text in texts):
        return texts
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [f"{float(text):.{decimals}f}" for text in texts]


def thinned(count: int, *, at_most: int) -> range:
    """Pick evenly spaced places, the first one included.

    Parameters
    ----------
    count : int
        Number of places.
    at_most : int
        Number of places to keep.

    Returns
    -------
    range
        The places kept.

    Examples
    --------
    >>> list(thinned(14, at_most=7))
    [0, 2, 4, 6, 8, 10, 12]
    """
    return range(0, count, max(1, -(-count // at_most)))
