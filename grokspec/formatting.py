"""Numbers, quantities, times, paths and TOML values as text for people."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from grokspec.errors import visible

LONGEST_VALUE, LONGEST_LABEL, LONGEST_NUMBER = 60, 40, 8
"""How many characters of a long value are shown in a message, and of a text and a number in a list
of values that differ all the same."""

MOST_SHOWN, MOST_LISTED = 8, 10
"""How many of many things are shown on one line, and on lines of their own."""

SPECIAL_IN_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~@<>&])")
"""Characters with a meaning in GitHub's Markdown."""


def number(value: object, digits: int = 3) -> str:
    """A measured number: three digits, or all of a whole one of up to six; else as it is."""
    if not isinstance(value, Real):
        return str(value)
    known = float(value)
    return str(int(known)) if abs(known) < 1e6 and known.is_integer() else f"{known:.{digits}g}"


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


def exact(value: Any) -> str:
    """A value of an axis, with as many digits as it has: ``0.25``, ``1024``, ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return _in_line(str(value))
    text = f"{value:g}"
    return text if float(text) == value else repr(float(value)).removesuffix(".0")


def distinct_texts(values: Sequence[Any]) -> list[str]:
    """A short text for each of several distinct values of an axis, different for each."""
    for text_of in (_brief, _less_brief):
        texts = [text_of(value) for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [toml_text(value) for value in values]


def shown_path(path: Path) -> str:
    """A path in messages: relative to the working directory if it is below it."""
    try:
        text = str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):  # OSError: the working directory is gone
        text = str(path)
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def in_toml(value: Any) -> str:
    """A value as (nearly) in TOML, cut if it is long."""
    return _cut(toml_text(value))


def toml_text(value: Any) -> str:
    """A value as (nearly) in TOML, whole."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {toml_text(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_text(v) for v in value) + "]"
    return _quoted(value)


def dotted(path: Iterable[str | int]) -> str:
    """A path in a document, in messages: ``record.probes[1].thresholds``; long keys are cut."""
    text = ""
    for name in path:
        text += f"[{name}]" if isinstance(name, int) else f".{_cut(_key(name))}"
    return text.removeprefix(".")


def in_markdown(text: str) -> str:
    """A text on one line, escaped for Markdown, also in table cells; it mentions no user."""
    line = visible(" ".join(text.split()))
    return SPECIAL_IN_MARKDOWN.sub(r"\\\1", line).replace(r"\@", "@\u2060")


def code_in_markdown(text: str) -> str:
    """A text on one line in the font of code, also in table cells; backticks are straightened."""
    return f"`{visible(' '.join(text.split())).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def markdown_row(cells: Iterable[str]) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A sort key with which P2 comes before P10."""
    parts = re.findall(r"\d+|\D+", text)
    return [_natural(part.lstrip("0"), part) for part in parts]


def _natural(significant: str, part: str) -> tuple[bool, int, str]:
    """The key of digits or of other characters; of digits, more are larger."""
    return (True, len(significant), significant) if part.isdecimal() else (False, 0, part)


def _brief(value: Any) -> str:
    if isinstance(value, str):
        text = _in_line(value)
        return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
    text = exact(value)
    return f"{value:g}" if isinstance(value, float) and len(text) > LONGEST_NUMBER else text


def _less_brief(value: Any) -> str:
    if isinstance(value, str):
        return _in_line(value)
    return f"{value:.12g}" if isinstance(value, float) else exact(value)


def _in_line(text: str) -> str:
    """Text as it is, or in quotes if it has control characters."""
    return text if text.isprintable() else _quoted(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(value: Any) -> str:
    """Text in TOML's quotes, other values as in TOML; control characters are escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
