"""How the widgets look: one stylesheet over JupyterLab's own variables.

Light and dark themes, Voila and narrow screens are so served by the same rules.
"""

from __future__ import annotations

from html import escape
from typing import Final

import ipywidgets

__all__ = ["CSS", "code_block", "error_text", "hint_text", "stylesheet"]

# Every variable has a fallback: Voila's templates and other front ends need not define JupyterLab's.
CSS: Final = """
.wb { color: var(--jp-ui-font-color1, currentColor); max-width: 64rem; container-type: inline-size; }
.wb-row > .wb-label:first-child > .widget-label { min-width: 9em; }
.wb .widget-html-content { min-width: 0; line-height: 1.4; overflow-wrap: anywhere; }
.wb .widget-html:has(> .widget-html-content:empty) { display: none; }
.wb-row { display: flex; flex-flow: row wrap; align-items: flex-start; gap: 4px 12px; overflow: visible; }
.wb-row > * { max-width: 100%; }
.wb-label .widget-label, .wb-label .widget-inline-hbox > label {
  width: auto; text-align: left; color: var(--jp-ui-font-color1, currentColor); }
.wb-section { margin: 8px 0 2px; font-weight: 600; color: var(--jp-ui-font-color1, currentColor); }
.wb-hint { color: var(--jp-ui-font-color2, #767676); font-size: var(--jp-ui-font-size1, 13px); }
.wb-error { color: var(--jp-error-color1, #d32f2f); font-size: var(--jp-ui-font-size1, 13px); white-space: pre-line; }
.wb-busy { color: var(--jp-warn-color0, #b45f06); font-size: var(--jp-ui-font-size1, 13px); }
.wb :focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
.wb-scroll { overflow-x: auto; max-width: 100%; }
.wb table.wb-table { border-collapse: collapse; font-size: var(--jp-ui-font-size1, 13px); }
.wb table.wb-table th, .wb table.wb-table td {
  padding: 2px 10px 2px 0; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums;
  border-bottom: 1px solid var(--jp-border-color2, #bdbdbd); color: var(--jp-ui-font-color1, currentColor);
  overflow-wrap: normal; }
.wb table.wb-table caption { text-align: left; color: var(--jp-ui-font-color2, #767676); caption-side: bottom; }
.wb pre.wb-code {
  margin: 0; padding: 6px 8px; overflow-x: auto; white-space: pre; user-select: all;
  color: var(--jp-content-font-color1, currentColor); background: var(--jp-layout-color2, rgba(127, 127, 127, 0.12));
  border: 1px solid var(--jp-border-color2, #bdbdbd); font-family: var(--jp-code-font-family, monospace);
  font-size: var(--jp-code-font-size, 13px); }
.wb img { align-self: flex-start; width: 44rem; max-width: 100%; height: auto; background: white; }
@container (max-width: 32rem) {
  .wb-row > *, .wb-label.widget-inline-hbox { width: 100% !important; margin-left: 0; margin-right: 0; }
  .wb-row > button { width: auto !important; }
  .wb-label.widget-inline-hbox { flex-flow: column; height: auto; }
  .wb-label.widget-inline-hbox > .widget-label { width: auto; align-self: flex-start; text-align: left; }
  .wb-label.widget-inline-hbox > :not(.widget-label) {
    flex: none; width: 100%; min-height: var(--jp-widgets-inline-height, 28px); }
}
"""


def stylesheet() -> ipywidgets.HTML:
    """Return a widget that carries the stylesheet; every panel has one among its children."""
    return ipywidgets.HTML(f"<style>{CSS}</style>", layout={"display": "block", "height": "0", "margin": "0"})


def error_text(message: str | None) -> str:
    """Word an error for an `ipywidgets.HTML`: escaped, and announced by screen readers; empty where there is none."""
    return f'<div class="wb-error" role="alert">{escape(message)}</div>' if message else ""


def hint_text(message: str | None) -> str:
    """Word a hint for an `ipywidgets.HTML`, escaped; empty where there is none."""
    return f'<div class="wb-hint">{escape(message)}</div>' if message else ""


def code_block(code: str) -> str:
    """Show code for an `ipywidgets.HTML`: escaped, and selected as a whole by one click, ready to be copied."""
    return f'<pre class="wb-code" tabindex="0" aria-label="Python code">{escape(code)}</pre>'
