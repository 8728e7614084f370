"""A pack: the specs and claims of one paper, or of a few that answer one another.

    claims/levi2023/paper.toml      who wrote what, where
    claims/levi2023/test_*.py       its claims, whose ids are unique within the pack
    specs/levi2023/*.toml           what they read

The pack of a claim is the nearest folder, from that of its file upwards, that has a ``paper.toml``.
Claims in folders without one belong to no pack.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from grokspec.spec.declarations import read_declarations

FILE = "paper.toml"

Text = Annotated[str, Field(min_length=1)]

_REMEDIES = {
    "extra_forbidden": "not a field of this file; it has name, about and [[papers]], each with "
    "title, authors, year, venue, arxiv, code and license",
    "missing": "is missing",
    "string_too_short": "must not be empty",
    "too_short": "name at least one",
    "string_pattern_mismatch": 'is no identifier of arXiv, like "2310.06110"',
}


class _Part(BaseModel):
    """A frozen part of the file, and of the records of claims."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paper(_Part):
    """A paper, as one would cite it."""

    title: Text
    authors: Annotated[tuple[Text, ...], Field(min_length=1)]
    year: Annotated[int, Field(ge=1900, le=2100)]
    venue: str = ""
    arxiv: Annotated[str, Field(pattern=r"^$|^\d{4}\.\d{4,5}(v\d+)?$")] = ""
    """Its identifier: "2310.06110"."""
    code: Annotated[str, Field(pattern=r"^$|^https?://\S+$")] = ""
    """Where the authors' code is."""
    license: str = ""
    """The license of what is used of theirs."""

    @property
    def citation(self) -> str:
        """Authors, title, year and venue on a line."""
        names = ", ".join(self.authors[:MOST_AUTHORS])
        more = " and others" if len(self.authors) > MOST_AUTHORS else ""
        where = ", ".join(filter(None, [self.venue, self.arxiv and f"arXiv {self.arxiv}"]))
        return f"{names}{more}, {self.title} ({self.year}{where and f'; {where}'})"


MOST_AUTHORS = 6
"""How many authors a citation names."""


class Pack(_Part):
    """A pack, as its claims' records have it."""

    key: str
    """The name of its folder, below ``claims`` and below ``specs``."""
    name: Text
    """What reports call it: "Levi et al. 2023"."""
    about: Text
    """What it is about, in one sentence."""
    papers: Annotated[tuple[Paper, ...], Field(min_length=1)]

    @property
    def title(self) -> str:
        """Its name with its key: "Levi et al. 2023 (levi2023)"."""
        return f"{self.name} ({self.key})"


class _File(_Part):
    """What is in the file of a pack."""

    name: Text
    about: Text
    papers: Annotated[tuple[Paper, ...], Field(min_length=1)]


def in_packs(ids: Iterable[tuple[str, str]]) -> str:
    """Pairs of a pack's key and an id in it, each once: "kumar2024 P01, P02; levi2023 V03"."""
    found: dict[str, dict[str, None]] = {}
    for key, id in ids:
        found.setdefault(key, {})[id] = None
    return "; ".join(f"{key} {', '.join(own)}".strip() for key, own in found.items())


def pack_of(file: Path) -> Pack | None:
    """The pack of the claims in a file. Raises a GrokspecError if its paper.toml has mistakes."""
    return _nearest(file.absolute().parent)


def forget_packs() -> None:
    """Read the files of packs again when they are next asked for."""
    _nearest.cache_clear()


@functools.cache
def _nearest(folder: Path) -> Pack | None:
    found = (above / FILE for above in (folder, *folder.parents))
    path = next((path for path in found if path.is_file()), None)
    return read_pack(path) if path is not None else None


def read_pack(path: Path) -> Pack:
    """The pack that a paper.toml describes. Raises a GrokspecError with every mistake in it."""
    _, content = read_declarations(path, _File, _REMEDIES)
    return Pack(key=path.absolute().parent.name, **dict(content))
