"""How much a spec may hold: far more than any sensible one, and so little that it is read at once.

Each bound is checked before the work that grows with what it bounds, so that `grokspec check` and
`plan` answer within seconds, whatever they are given.
"""

from __future__ import annotations

import re
from typing import Any

MOST_BYTES = 1_000_000
"""The most bytes that a file may have, and a spec together with the files that it extends."""

MOST_FILES = 20
"""The most files that extend one another."""

DEEPEST = 32
"""The most tables and lists inside one another, and the most parts of a dotted key."""

MOST_KEYS = 3_000
"""The most keys that a spec may have, those of the files that it extends included."""

MOST_ELEMENTS = 20_000
"""The most elements that the lists of a spec may have together."""

MOST_PROFILES = 100
"""The most profiles that a spec may have."""

MOST_AXES = 50
"""The most fields that a sweep may vary."""

MOST_BLOCKS = 100
"""The most blocks (``concat`` and ``when``) that a sweep may have."""

MOST_RECORDS = 2_000_000
"""The most records that the runs of a spec may have together."""

LARGEST_SEED = 2**53
"""The largest seed to which seeds are moved; whole numbers up to it are exact in every format."""

LONGEST_RUN = 20_000
"""The most characters that the description of one run may have, as TOML."""

LONGEST_NAME = 60
"""The most characters that the name of a profile may have."""

TEXT_OR_COMMENT = (
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
)
"""What stands in a TOML file as text or as a comment, as a verbose regular expression."""

_TOKEN = re.compile(
    TEXT_OR_COMMENT + r"|[.,\n\[\]{}\"']",
    re.DOTALL | re.VERBOSE,
)


def too_deep(text: str) -> int | None:
    """Where a TOML text is nested more deeply than may be, if anywhere.

    It is searched before it is parsed, as parsers need more and more time or stack with the depth.
    """
    outer: list[int] = []  # the depth around each open bracket
    depth = dots = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("'", '"'):
            return None  # a text without an end, which the parser reports
        if token == ".":
            dots += 1
        elif token in ("[", "{"):
            outer.append(depth)
            depth += dots + 1
            dots = 0
        elif token in (",", "\n"):
            dots = 0
        elif token in ("]", "}"):
            depth = outer.pop() if outer else 0
            dots = 0
        if depth + dots > DEEPEST:
            return match.start()
    return None


def keys_and_elements(value: Any) -> tuple[int, int]:
    """How many keys the tables of a document have, and how many elements its lists."""
    inner = list(value.values()) if isinstance(value, dict) else value
    keys = len(inner) if isinstance(value, dict) else 0
    elements = len(inner) - keys
    for part in inner:
        if isinstance(part, dict | list):
            more_keys, more_elements = keys_and_elements(part)
            keys, elements = keys + more_keys, elements + more_elements
    return keys, elements


def too_much(keys: int, elements: int) -> str:
    """What there is too much of, with the remedy; empty if a spec may have so many."""
    if keys > MOST_KEYS:
        return f"{keys:,} keys, but a spec has at most {MOST_KEYS:,}; is it a spec?"
    if elements > MOST_ELEMENTS:
        return (
            f"{elements:,} list elements, but a spec has at most {MOST_ELEMENTS:,}; "
            "write a range: { linear = [first, last], count = n }"
        )
    return ""
