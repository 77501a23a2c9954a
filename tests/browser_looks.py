"""What a reader needs of a page, measured in the browser: contrast, labels, and nothing beyond the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["cut_off", "faint_texts", "unlabelled"]

# https://www.w3.org/TR/WCAG21/#contrast-minimum, whose formulas these are; what is disabled is exempt there, too.
_FAINT: Final = """(box) => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const painted = (colours) => {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const element of box.querySelectorAll('*')) {
        const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const text = own.map((node) => node.textContent).join('').trim();
        const exempt = element.closest(':disabled, [aria-hidden], style, option, svg');
        if (!text || exempt || !element.checkVisibility()) continue;
        const behind = [];
        for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
        const ground = luminance(painted(['white', ...behind]));
        const ink = luminance(painted(['white', ...behind, getComputedStyle(element).color]));
        const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
        if (ratio < 4.5) found.push(`${ratio.toFixed(1)}: ${text.slice(0, 60)}`);
    }
    return found;
}"""

_UNLABELLED: Final = """(box) => [...box.querySelectorAll('input, select, textarea, button')]
    .filter((field) => field.checkVisibility())
    .filter((field) => !(field.ariaLabel || field.tagName === 'BUTTON' && field.textContent.trim()
        || [...field.labels].some((label) => label.textContent.trim())))
    .map((field) => field.outerHTML.slice(0, 200))"""

_CUT_OFF: Final = """(box) => [...box.querySelectorAll('*')]
    .filter((element) => element.checkVisibility() && !element.closest('.wb-scroll *, pre *, .wb-grid-unseen, option'))
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((element) => element.outerHTML.slice(0, 200))"""


def faint_texts(box: Locator) -> list[str]:
    """Texts whose contrast is below 4.5, each after its contrast."""
    found: list[str] = box.evaluate(_FAINT)
    return found


def unlabelled(box: Locator) -> list[str]:
    """Fields and buttons without a name."""
    found: list[str] = box.evaluate(_UNLABELLED)
    return found


def cut_off(box: Locator) -> list[str]:
    """Elements that reach beyond the right edge of the page; what scrolls by itself may."""
    found: list[str] = box.evaluate(_CUT_OFF)
    return found
