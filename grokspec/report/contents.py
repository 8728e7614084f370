"""What a report contains, whatever it is written as: plain data, in the order of reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from grokspec.claims.record import ControlOutcome, JudgedClaim
from grokspec.mutation.matrix import KillMatrix, MutantOutcome
from grokspec.statistics.verdict import Verdict


@dataclass(frozen=True)
class SvgFigure:
    """A figure: an SVG document, and its size in points."""

    svg: str
    width: int
    height: int


class ResultsProvenance(BaseModel):
    """With what, when and where the results of a spec were made. Lists have each value once."""

    model_config = ConfigDict(frozen=True)

    runs: int
    """That the spec has."""
    stored: int
    """That have a result of today's code."""
    diverged: int
    seeds: tuple[int, ...]
    seconds: float
    """Of training, over all stored runs."""
    first: datetime | None
    """When the oldest result was made, UTC."""
    last: datetime | None
    """When the newest result was made, UTC."""
    versions: dict[str, tuple[str, ...]]
    """Of grokspec, torch, numpy and python."""
    devices: tuple[str, ...]
    fingerprints: tuple[str, ...]
    """Of the code and input files that made the results."""
    shards: tuple[str, ...]
    """SHA-256 of the files that hold them."""


@dataclass(frozen=True)
class SpecSheet:
    """A spec: its text, its figure and where its results come from."""

    name: str
    anchor: str
    title: str
    """The first sentence of the comment that it opens with."""
    texts: tuple[tuple[str, str], ...]
    """Name and text of its file and of those that it extends."""
    figure: SvgFigure | None
    without_figure: str
    """Why there is none; empty if the spec describes none."""
    provenance: ResultsProvenance | None
    """None if the spec cannot be read."""


@dataclass(frozen=True)
class ReportedClaim:
    """A claim as one test judged it, with all that belongs to it."""

    record: JudgedClaim
    anchor: str
    killed: tuple[MutantOutcome, ...]
    """The mutants that it killed."""
    evidence: SvgFigure | None
    specs: tuple[SpecSheet, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on it."""
        return self.record.verdict

    @property
    def is_flagged(self) -> bool:
        """Whether its verdict is unexpected, or a control does not change it."""
        return self.record.unexpected or self.record.insensitive


@dataclass(frozen=True)
class Group:
    """The claims of one id."""

    id: str
    claims: tuple[ReportedClaim, ...]
    elsewhere: tuple[SpecSheet, ...]
    """Those that it is about and that an earlier section shows."""


@dataclass(frozen=True)
class Section:
    """Groups in a row about the same specs, and the sheets that belong beside them."""

    groups: tuple[Group, ...]
    sheets: tuple[SpecSheet, ...]


@dataclass(frozen=True)
class System:
    """The claims on one system: one folder of specs, or theory, or several systems."""

    name: str
    anchor: str
    title: str
    """The first sentence of what its base spec opens with, if it has one."""
    sections: tuple[Section, ...]

    @property
    def groups(self) -> Iterator[Group]:
        """All of them, in order."""
        return (group for section in self.sections for group in section.groups)

    @property
    def claims(self) -> Iterator[ReportedClaim]:
        """All of them, in order."""
        return (one for group in self.groups for one in group.claims)


@dataclass(frozen=True)
class Headline:
    """One of the statements that come first, and all claims that belong to it."""

    title: str
    claims: tuple[ReportedClaim, ...]

    @property
    def ids(self) -> list[tuple[str, list[ReportedClaim]]]:
        """The claims by id."""
        return by_id(self.claims)


@dataclass(frozen=True)
class Report:
    """All of it."""

    title: str
    folder: str
    """Of the claims, as it was named."""
    profile: str
    made: datetime
    """UTC."""
    version: str
    """Of grokspec."""
    headlines: tuple[Headline, ...]
    systems: tuple[System, ...]
    matrix: KillMatrix | None

    @cached_property
    def claims(self) -> tuple[ReportedClaim, ...]:
        """All of them, in the order of reading."""
        return tuple(one for system in self.systems for one in system.claims)

    @cached_property
    def specs(self) -> tuple[SpecSheet, ...]:
        """Every spec that a claim names, once."""
        named = (spec for one in self.claims for spec in one.specs)
        return tuple({spec.anchor: spec for spec in named}.values())

    @property
    def unexpected(self) -> list[ReportedClaim]:
        """Those whose verdict is not the expected one."""
        return [one for one in self.claims if one.record.unexpected]

    @property
    def insensitive(self) -> list[ReportedClaim]:
        """Those whose verdict a control must change and does not."""
        return [one for one in self.claims if one.record.insensitive]

    @property
    def controls(self) -> list[ControlOutcome]:
        """The outcomes of all controls that were run."""
        return [outcome for one in self.claims for outcome in one.record.controls]


def tally(claims: Iterable[ReportedClaim]) -> list[tuple[Verdict, int]]:
    """How many there are of each verdict, of those that occur."""
    counts = Counter(one.verdict for one in claims)
    return [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]


def by_id(claims: Iterable[ReportedClaim]) -> list[tuple[str, list[ReportedClaim]]]:
    """Claims by id, in the order in which the ids come."""
    found: dict[str, list[ReportedClaim]] = {}
    for one in claims:
        found.setdefault(one.record.id, []).append(one)
    return list(found.items())
