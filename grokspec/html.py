"""HTML for notebooks: escaped, without scripts, in the colors of the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from grokspec.errors import visible

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that HTML may not contain, or that change the order in which text is shown."""

FAINT = "opacity: .7"
CELL = "padding: 1px 12px 1px 0; text-align: left; vertical-align: top; white-space: normal"
TABLE = "border: none; margin: 0; color: inherit; font: inherit"  # not the page's style
CARD = (
    "border: 1px solid; border-color: rgba(128, 128, 128, .4); border-radius: 4px; "
    "padding: 8px 12px; margin: 4px 0; max-width: 60em; line-height: 1.4"
)


def escaped(text: object) -> str:
    """A text in HTML, with nothing in it taken for a tag."""
    return html.escape(allowed(str(text)))


def allowed(text: str) -> str:
    """A text with an escape for each character that HTML, SVG and XML may not contain."""
    return UNPRINTABLE.sub(lambda found: visible(found[0]), text)


def card(title: str, *parts: str) -> str:
    """A frame with a title (text) and parts (HTML) below it."""
    return framed(f'<div style="font-weight: bold">{escaped(title)}</div>', *parts)


def framed(*parts: str) -> str:
    """A frame with parts (HTML), one below the other."""
    inside = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div class="grokspec" style="{CARD}">{inside}</div>'


def faint(text: str) -> str:
    """A text in a fainter color."""
    return f'<span style="{FAINT}">{escaped(text)}</span>'


def colored(text: str, color: str) -> str:
    """A text in bold and in a color."""
    return f'<span style="font-weight: bold; color: {color}">{escaped(text)}</span>'


def table(rows: Mapping[str, str]) -> str:
    """A table with two columns, names and values, both text."""
    cells = (
        f'<tr style="background: none"><th scope="row" style="{CELL}; {FAINT}; font-weight: '
        f'normal">{escaped(name)}</th><td style="{CELL}">{escaped(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f'<table style="{TABLE}"><tbody>{"".join(cells)}</tbody></table>'


def folded(summary: str, lines: Iterable[str]) -> str:
    """Lines of text that are shown by a click on the summary."""
    inside = "".join(f"<div>{escaped(line)}</div>" for line in lines)
    return f"<details><summary>{escaped(summary)}</summary>{inside}</details>"
