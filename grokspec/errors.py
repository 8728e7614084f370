"""What the user did wrong, said so that it can be mended: place, value, rule, remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One mistake: what is wrong and what would be right, and where, if it has a place.

    ``place`` reads ``file:line:column`` (both counted from 1); ``excerpt`` is the offending
    line with a caret below it.
    """

    message: str
    place: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        head = f"{self.place}  {self.message}" if self.place else self.message
        return f"{head}\n{self.excerpt}" if self.excerpt else head


class GrokspecError(Exception):
    """One or more mistakes of the user's; the command line prints them without a traceback."""

    exit_code = 2

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(m if isinstance(m, Mistake) else Mistake(m) for m in mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like a misspelled one, if any is much like it."""
    from difflib import get_close_matches  # only mistakes need it

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
    return f"there {'are' if len(known) > 1 else 'is'} {', '.join(known)}"
