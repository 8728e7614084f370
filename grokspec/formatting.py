"""Numbers, quantities, times, paths and TOML values as text for people."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

LONGEST_VALUE = 60
"""How many characters of a long value are shown."""

MOST_SHOWN, MOST_LISTED = 8, 10
"""How many of many things are shown on one line, and on lines of their own."""

SPECIAL_IN_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~@<>&])")
"""Characters with a meaning in GitHub's Markdown."""


def number(value: object) -> str:
    """A number with three digits; anything else as it is."""
    return f"{value:.3g}" if isinstance(value, Real) else str(value)


def count(n: int, noun: str) -> str:
    """A number of things: "1 seed", "1,000 seeds"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def amount(value: float, unit: str) -> str:
    """A quantity with its unit and a decimal prefix: ``1.3 Gflop``."""
    for prefix in ("", "k", "M", "G", "T", "P"):
        if value < 999.5:
            return f"{value:.3g} {prefix}{unit}"
        value /= 1000
    return f"{value:.3g} E{unit}"


def duration(seconds: float) -> str:
    """A time in a suitable unit: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def shortened(texts: Sequence[str]) -> list[str]:
    """The texts; if they are many, the first ones, how many are left out, and the last."""
    if len(texts) <= MOST_SHOWN:
        return list(texts)
    return [*texts[: MOST_SHOWN - 2], f"… {len(texts) - MOST_SHOWN + 1:,} more …", texts[-1]]


def listed(lines: Iterable[str]) -> str:
    """Indented lines for a message; if they are many, the first ones and how many more."""
    lines = list(lines)
    more = [f"… and {len(lines) - MOST_LISTED} more"] if len(lines) > MOST_LISTED else []
    return "\n".join(f"  {line}" for line in (*lines[:MOST_LISTED], *more))


def after_space(words: str) -> str:
    """Words with a space before them; empty if there are none."""
    return f" {words}" if words else ""


def short(value: Any) -> str:
    """A value of an axis in few characters: ``0.25``, ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown_path(path: Path) -> str:
    """A path in messages: relative to the working directory if it is below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def in_toml(value: Any) -> str:
    """A value as (nearly) in TOML, cut if it is long."""
    if isinstance(value, float) and not math.isfinite(value):
        text = str(value)
    elif isinstance(value, dict):
        text = "{ " + ", ".join(f"{_key(k)} = {in_toml(v)}" for k, v in value.items()) + " }"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(in_toml(v) for v in value) + "]"
    else:
        text = _quoted(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def dotted(path: Iterable[str | int]) -> str:
    """A path in a document, in messages: ``record.probes[1].thresholds``."""
    text = ""
    for name in path:
        text += f"[{name}]" if isinstance(name, int) else f".{_key(name)}"
    return text.removeprefix(".")


def in_markdown(text: str) -> str:
    """A text on one line, escaped for Markdown, also in table cells; it mentions no user."""
    line = " ".join(text.split())
    return SPECIAL_IN_MARKDOWN.sub(r"\\\1", line).replace(r"\@", "@\u2060")


def markdown_row(cells: Iterable[str]) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A sort key with which P2 comes before P10."""
    parts = re.findall(r"\d+|\D+", text)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(value: Any) -> str:
    """Text in TOML's quotes, other values as in TOML; control characters are escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
