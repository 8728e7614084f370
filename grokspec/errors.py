"""The user's mistakes, in messages with place, value, rule and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One mistake: what is wrong, how to correct it, and where it is.

    ``place`` is ``file:line:column`` (both counted from 1), or empty; ``excerpt`` is the line in
    question with carets below the mistake.
    """

    message: str
    place: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        head = f"{self.place}  {self.message}" if self.place else self.message
        return visible(f"{head}\n{self.excerpt}" if self.excerpt else head)


MOST_SHOWN = 20
"""How many mistakes are shown."""

MOST_COLLECTED = 1_000
"""Whoever looks for mistakes stops after so many."""


class GrokspecError(Exception):
    """One or more mistakes of the user, which the command line prints without a traceback.

    Its text has the first of them and how many more there are.
    """

    exit_code = 2

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(m if isinstance(m, Mistake) else Mistake(m) for m in mistakes)
        super().__init__("\n".join([*map(str, self.mistakes[:MOST_SHOWN]), *self._rest()]))

    def _rest(self) -> list[str]:
        rest = len(self.mistakes) - MOST_SHOWN
        at_least = "at least " if len(self.mistakes) >= MOST_COLLECTED else ""
        plural = "s" if rest > 1 else ""
        return [f"… and {at_least}{rest:,} more mistake{plural}"] if rest > 0 else []


def visible(text: str) -> str:
    """A text with an escape (``\\x1b``) for each character that a terminal would obey or lacks."""
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


LONGEST_WORD = 100
"""Longer words are no misspelled ones, and take long to compare."""

MOST_KNOWN = 40
"""How many known words a message lists."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to a misspelled one; None if none is similar."""
    from difflib import get_close_matches  # only mistakes need it

    if len(word) > LONGEST_WORD:
        return None
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.55)
    return by_lower[close[0]] if close else None


def suggestion(word: str, known: Iterable[str], none: str = "there are none") -> str:
    """The remedy for an unknown word: the nearest known one, or else all of them."""
    known = sorted(known)
    if match := nearest(word, known):
        return f'did you mean "{match}"?'
    if not known:
        return none
    more = ["…"] if len(known) > MOST_KNOWN else []
    return f"there {'are' if len(known) > 1 else 'is'} {', '.join([*known[:MOST_KNOWN], *more])}"
