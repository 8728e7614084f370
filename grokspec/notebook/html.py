"""Pieces of HTML that stand in a notebook's page, light or dark, and borrow its colours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no HTML may hold."""

FAINT = "opacity: .7"
CELL = "padding: 1px 12px 1px 0; text-align: left; vertical-align: top; white-space: normal"
TABLE = "border: none; margin: 0; color: inherit; font: inherit"  # which some pages keep from it
CARD = (
    "border: 1px solid; border-color: rgba(128, 128, 128, .4); border-radius: 4px; "
    "padding: 8px 12px; margin: 4px 0; max-width: 60em; line-height: 1.4"
)


def escaped(text: object) -> str:
    """A text as HTML shows it, and takes it for nothing else."""
    return html.escape(UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text)))


def card(title: str, *parts: str) -> str:
    """A frame around parts, which are HTML, below a title, which is text."""
    head = f'<div style="font-weight: bold">{escaped(title)}</div>'
    return f'<div class="grokspec" style="{CARD}">{head}{"".join(map(_line, parts))}</div>'


def faint(text: str) -> str:
    """A text that stands back."""
    return f'<span style="{FAINT}">{escaped(text)}</span>'


def table(rows: Mapping[str, str]) -> str:
    """Names, which are text, beside what they name, which is text too."""
    cells = (
        f'<tr style="background: none"><th scope="row" style="{CELL}; {FAINT}; font-weight: '
        f'normal">{escaped(name)}</th><td style="{CELL}">{escaped(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f'<table style="{TABLE}"><tbody>{"".join(cells)}</tbody></table>'


def folded(summary: str, lines: Iterable[str]) -> str:
    """Lines of text that are shown when they are asked for."""
    told = "".join(f"<div>{escaped(line)}</div>" for line in lines)
    return f"<details><summary>{escaped(summary)}</summary>{told}</details>"


def _line(part: str) -> str:
    return f"<div>{part}</div>"
