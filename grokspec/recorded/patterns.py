"""Patterns of names: ``*`` stands for any text, ``{rho}`` for one that is the value of an axis."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from grokspec.recorded.bounds import LONGEST_PATTERN, MOST_WILDCARDS

SEED = "seed"
"""The name of what tells apart the runs of one point; ``{seed}`` matches digits only."""

_DIGITS = re.compile("[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?")
_WILDCARD = re.compile(r"(\*|\{[^{}]*\})")


class PatternError(ValueError):
    """What is wrong with a pattern."""


@dataclass(frozen=True)
class Part:
    """A part of a pattern: a text, or a wildcard, whose name is empty if it is ``*``."""

    text: str
    is_wildcard: bool = False
    name: str = ""

    def ends(self, whole: str, start: int, following: str) -> Iterator[int]:
        """Where it may end in a text if it begins at ``start`` and a text follows."""
        if not self.is_wildcard:
            if whole.startswith(self.text, start):
                yield start + len(self.text)
            return
        end = least = start + 1 if self.name else start
        while (end := whole.find(following, end) if following else len(whole)) >= least:
            if self.name != SEED or _DIGITS.fullmatch(whole, start, end):
                yield end
            if end == len(whole):
                return
            end += 1

    def cost(self, text: str) -> tuple[int, int]:
        """How bad it is that it stands for a text: how long that is, and whether it is no number.

        It is nothing for ``*``.
        """
        return (len(text), not _NUMBER.fullmatch(text)) if self.name else (0, 0)


@dataclass(frozen=True)
class Pattern:
    """A pattern of a name. Raises a PatternError if it has no clear meaning."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_PATTERN:
            raise PatternError(f"has more than {LONGEST_PATTERN:,} characters; shorten it")
        if len([part for part in self.parts if part.is_wildcard]) > MOST_WILDCARDS:
            raise PatternError(f"has more than {MOST_WILDCARDS} wildcards; write more of the name")
        for first, second in zip(self.parts, self.parts[1:], strict=False):
            if first.is_wildcard and second.is_wildcard:
                raise PatternError(
                    f"has {first.text} directly before {second.text}, so that nobody knows where "
                    "one ends and the other begins; write what is between them, or one of them"
                )
        for part in self.parts:
            if part.is_wildcard and part.text != "*" and not part.name.isidentifier():
                raise PatternError(
                    f"has {part.text}, which is no name; write letters, digits and underscores"
                )
        if twice := next((n for n in self.names if self.names.count(n) > 1), None):
            raise PatternError(f"has {{{twice}}} twice; write * in one of the places")

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its texts and wildcards in order."""
        return tuple(
            Part(text, _WILDCARD.fullmatch(text) is not None, text.strip("*{}") if i % 2 else "")
            for i, text in enumerate(_WILDCARD.split(self.text))
            if text
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes in it."""
        return tuple(part.name for part in self.parts if part.name)

    @property
    def is_plain(self) -> bool:
        """Whether it matches only itself."""
        return not any(part.is_wildcard for part in self.parts)

    @property
    def plain_text(self) -> str:
        """Its text without the wildcards, to look for a similar name."""
        return "".join(part.text for part in self.parts if not part.is_wildcard)

    def match(self, text: str) -> dict[str, str] | None:
        """The text at each name, or None if the pattern does not match the whole text.

        Of several ways to match, it is the one in which the names stand for the shortest texts, and
        of these the one in which more of them are numbers.
        """

        @functools.cache
        def best(number: int, start: int) -> tuple[tuple[int, int], tuple[int, ...]] | None:
            """The cost and the ends of the parts from this number on."""
            if number == len(self.parts):
                return ((0, 0), ()) if start == len(text) else None
            part = self.parts[number]
            following = self.parts[number + 1].text if number + 1 < len(self.parts) else ""
            found = []
            for end in part.ends(text, start, following):
                if (rest := best(number + 1, end)) is not None:
                    (length, words), ends = rest
                    own_length, own_words = part.cost(text[start:end])
                    found.append(((length + own_length, words + own_words), (end, *ends)))
            return min(found, default=None)

        way = best(0, 0)
        if way is None:
            return None
        starts = (0, *way[1])
        return {
            part.name: text[start:end]
            for part, start, end in zip(self.parts, starts, way[1], strict=False)
            if part.name
        }
