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
        return f"{head}\n{self.excerpt}" if self.excerpt else head


class GrokspecError(Exception):
    """One or more mistakes of the user, which the command line prints without a traceback."""

    exit_code = 2

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(m if isinstance(m, Mistake) else Mistake(m) for m in mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to a misspelled one; None if none is similar."""
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
