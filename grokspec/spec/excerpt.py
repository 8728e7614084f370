"""A line of a file with a caret below the mistake in it."""

from __future__ import annotations

WIDTH = 96
"""Of a longer line, this many characters around the mistake are shown."""


def excerpt(content: str, line: int, column: int, length: int) -> str:
    """The line with a caret below it; cut to a window if it is long."""
    first = max(0, min(column - WIDTH // 4, len(content) - WIDTH))
    window = content[first : first + WIDTH]
    before = window[: column - first]
    marked = window[column - first : column - first + length]
    gutter = f"{line:>4} | "
    blank = " " * (len(gutter) - 2) + "| "
    carets = "^" * max(1, _cells(marked))
    return f"{gutter}{_printable(window)}\n{blank}{_blank(before)}{carets}"


def _printable(text: str) -> str:
    """Without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _blank(text: str) -> str:
    """As much space as a text takes on a terminal; tabs stay tabs."""
    return "".join("\t" if c == "\t" else " " * _cells(c) for c in text)


def _cells(text: str) -> int:
    from rich.cells import cell_len  # only mistakes need it

    return sum(cell_len(c) if c.isprintable() else 1 for c in text)
