"""The table of all parts that a spec can choose, by family, from their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator

from grokspec.engines.base import Engine, names_of_engines
from grokspec.kinds import FAMILIES, Kind

SENTENCE = re.compile(r"(?<!al)(?<!e\.g)(?<!i\.e)[.:](?=\s+[A-Z]|$)")
"""The end of a sentence, also one that introduces what follows; "et al." ends none."""

CITED = re.compile(
    r"([A-Z][\w'’-]+(?: et al\.| (?:and|&) [A-Z][\w'’-]+)?),? \(?((?:19|20)\d\d[a-z]?)\b"
    r"|(arXiv:\d{4}\.\d{4,5})"
)
"""A paper in a docstring: "Power et al. (2022)", "(Gromov, 2023)", "arXiv:2201.02177"."""


SECTIONS = ("training", "record", "sweep", "function", "results")
"""The headings of tables that are no part."""


def families() -> list[type[Kind]]:
    """The base class of every family, in the order of `FAMILIES`."""
    found = []
    for package in FAMILIES:
        module = importlib.import_module(f"grokspec.{package}.base")
        found += [own for own in vars(module).values() if _is_family(own, module.__name__)]
    return found


def _is_family(value: object, module: str) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Kind)
        and "family" in vars(value)
        and value.__module__ == module
    )


def rows() -> Iterator[tuple[str, str, str, str]]:
    """The family, the kind, what it is and where it comes from, for every kind there is."""
    for family in families():
        names = names_of_engines() if family is Engine else family.alternatives
        for name in sorted(names):
            kind = family.alternatives[name]
            yield family.family, name, what(kind), ", ".join(sources(kind))


def what(kind: type[Kind]) -> str:
    """The first sentence about a kind: of its file, if that is about nothing else."""
    return first_sentence(_docstrings(kind)[0])


def sources(kind: type[Kind]) -> list[str]:
    """The papers that the docstrings of a kind name, and of its file if that is about it alone."""
    return cited("\n".join(_docstrings(kind)))


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, without its end."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return SENTENCE.split(paragraph)[0]


def cited(text: str) -> list[str]:
    """The papers that a text names, each once; with a link, if it is to arXiv."""
    found = CITED.findall(" ".join(text.split()))
    papers = [_linked(arxiv) if arxiv else f"{names} {year}" for names, year, arxiv in found]
    return list(dict.fromkeys(papers))


def heading(family: str, kind: str) -> str:
    """The heading of a kind on the page of all fields, different from any other."""
    names = Counter(each for own, each, *_ in rows() if own != "engine")
    taken = {*SECTIONS, *(each.family for each in families())}
    return f"{kind} ({family})" if names[kind] > 1 or kind in taken else kind


def anchor(heading: str) -> str:
    """What follows the # in a link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _linked(arxiv: str) -> str:
    return f"[{arxiv}](https://arxiv.org/abs/{arxiv.removeprefix('arXiv:')})"


def _docstrings(kind: type[Kind]) -> list[str]:
    """Those of a kind: of its file, if it is the only one of its family in it, and its own."""
    neighbors = [
        other for other in kind.alternatives.values() if other.__module__ == kind.__module__
    ]
    of_file = sys.modules[kind.__module__].__doc__ if neighbors == [kind] else None
    return [inspect.cleandoc(text) for text in (of_file, kind.__doc__) if text]
