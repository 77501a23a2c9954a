"""The words and the HTML of a grid builder: labels, sizes, the preview, the code with its button; all of it escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from workbench.widgets.style import code_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contract import ParameterSpec
    from workbench.space import Point, ShardPlan, Value
    from workbench.widgets.grid_state import GridState

__all__ = ["GRID_CSS", "copyable_code", "hint", "label", "plan_words", "preview_table", "several", "size_words"]

_MOST_MESSAGES: Final = 3

GRID_CSS: Final = """
.wb-grid-parameter { border-left: 3px solid var(--jp-border-color2, #bdbdbd); padding: 2px 0 4px 8px; margin: 4px 0; }
.wb-grid-parameter.wb-grid-faulty { border-left-color: var(--jp-error-color1, #d32f2f); }
.wb-grid-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.wb-grid .widget-text, .wb-grid .widget-dropdown { flex: 0 1 auto; }
.wb-grid-parameter .widget-text:not(.wb-grid-wide) input { flex: 0 1 7em; }
.wb-grid-parameter .widget-text:not(.wb-grid-wide) { width: auto; }
.wb-grid .wb-grid-wide { flex: 1 1 16em; }
.wb-grid-copy { margin: 4px 0; cursor: pointer; padding: 2px 12px; color: var(--jp-ui-font-color1, currentColor);
  background: var(--jp-layout-color2, rgba(127, 127, 127, 0.12)); border: 1px solid var(--jp-border-color2, #bdbdbd); }
.wb-grid-estimate-text pre { white-space: pre-wrap; word-break: normal; margin: 4px 0; font-family: inherit;
  font-size: var(--jp-ui-font-size1, 13px);
  color: var(--jp-ui-font-color1, currentColor); }
"""

# Where the page may not write to the clipboard, as on plain HTTP from another machine, the selection is copied.
_COPY: Final = """
const button = this, pre = button.parentNode.querySelector('pre');
const say = (word) => { button.textContent = word; setTimeout(() => { button.textContent = 'Copy'; }, 2000); };
const select = () => { const range = document.createRange(); range.selectNodeContents(pre);
  const chosen = getSelection(); chosen.removeAllRanges(); chosen.addRange(range);
  say(document.execCommand('copy') ? 'Copied' : 'Selected: press Ctrl+C'); };
navigator.clipboard ? navigator.clipboard.writeText(pre.textContent).then(() => say('Copied'), select) : select();
"""


def label(parameter: ParameterSpec) -> str:
    """Name a parameter with its unit."""
    return f"{parameter.name} ({parameter.unit})" if parameter.unit else parameter.name


def hint(parameter: ParameterSpec) -> str:
    """Say what a parameter is, what it may be, and what it is by default."""
    bounds = ((">", parameter.gt), (">=", parameter.ge), ("<", parameter.lt), ("<=", parameter.le))
    parts = [parameter.type, *(f"{symbol} {bound:g}" for symbol, bound in bounds if bound is not None)]
    if parameter.choices is not None:
        parts.append(f"one of {', '.join(map(str, parameter.choices))}")
    if parameter.default is not UNSET:
        shown = parameter.default
        parts.append(f"default {str(shown).lower() if isinstance(shown, bool) else shown}")
    return f"{parameter.doc} {', '.join(parts)}".strip()


def size_words(state: GridState) -> str:
    """Say how large the grid is."""
    document = state.reading.document
    if document is None:
        wrong = len(state.reading.faults)
        return f"no grid yet: {wrong} {'field has' if wrong == 1 else 'fields have'} errors"
    if state.plan is None:  # too large to be counted
        return "no grid yet: it is too large"
    points, replicates, rows = document.n_points, document.replicates, document.n_rows
    return f"{_count(points, 'point')} × {_count(replicates, 'replicate')} = {_count(rows, 'row')}"


def plan_words(plan: ShardPlan | None, *, final: bool) -> str:
    """Say how the rows are cut into shards."""
    if plan is None:
        return ""
    even = plan.n_shards == 1 or plan.n_rows % plan.shard_size == 0
    size = _count(min(plan.shard_size, plan.n_rows), "row")
    words = f"{_count(plan.n_shards, 'shard')} of {'' if even else 'up to '}{size}"
    return words if final else f"{words}; when it is submitted, a few rows are tried first, and may change that"


def preview_table(points: Sequence[Point], n_points: int) -> str:
    """Show the first points as a table; empty where there are none."""
    if not points:
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("point", *points[0]))
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_short(value))}</td>' for value in (index, *point.values()))}</tr>"
        for index, point in enumerate(points)
    )
    which = "all points" if n_points == len(points) else f"the first {len(points)} of {n_points:,} points"
    return (
        f'<div class="wb-scroll"><table class="wb-table"><caption>{which}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def copyable_code(code: str | None) -> str:
    """Show code with a button that copies it; empty where there is none."""
    if code is None:
        return ""
    button = f'<button type="button" class="wb-grid-copy" onclick="{escape(_COPY)}">Copy</button>'
    return f"<div>{code_block(code)}{button}</div>"


def several(messages: Sequence[str]) -> str | None:
    """Put messages of one field on lines; of many, only the first."""
    more = len(messages) - _MOST_MESSAGES
    return "\n".join([*messages[:_MOST_MESSAGES], *([f"and {more:,} more"] if more > 0 else [])]) or None


def _short(value: Value) -> str:
    """Write a value for people: without the digits that binary fractions leave behind."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
