"""The contents of a report in any format: plain data, in the order of reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from grokspec.claims.packs import Pack
from grokspec.claims.record import ControlOutcome, JudgedClaim
from grokspec.mutation.matrix import KillMatrix, MutantOutcome
from grokspec.statistics.verdict import Verdict


@dataclass(frozen=True)
class SvgFigure:
    """A figure: an SVG document, and its size in points."""

    svg: str
    width: int
    height: int


class RecordedFile(BaseModel):
    """A file of results that were recorded elsewhere."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    rows: int
    """Those of a table; 0 for arrays."""
    columns: tuple[str, ...]
    """The columns, arrays or tags that were read."""


class ResultsProvenance(BaseModel):
    """How, when and where the results of a spec were made. Tuples have each value once."""

    model_config = ConfigDict(frozen=True)

    runs: int
    """The number of runs of the spec."""
    stored: int
    """The number of runs with a result of today's code."""
    diverged: int
    seeds: tuple[int, ...]
    seconds: float
    """The training time of all stored runs."""
    first: datetime | None
    """The time of the oldest result, UTC."""
    last: datetime | None
    """The time of the newest result, UTC."""
    versions: dict[str, tuple[str, ...]]
    """Of grokspec, torch, numpy and python."""
    devices: tuple[str, ...]
    fingerprints: tuple[str, ...]
    """Fingerprints of the code and input files that made the results."""
    shards: tuple[str, ...]
    """The SHA-256 of the files that hold the results."""
    recorded: tuple[RecordedFile, ...] = ()
    """The files of results that were recorded elsewhere; the other facts are then not known."""


@dataclass(frozen=True)
class SpecSheet:
    """A spec: its text, its figure and the provenance of its results."""

    name: str
    path: Path
    anchor: str
    title: str
    """The first sentence of its opening comment."""
    texts: tuple[tuple[str, str], ...]
    """Name and text of its file and of the files that it extends."""
    figure: SvgFigure | None
    without_figure: str
    """Why there is no figure; empty if the spec has none."""
    setting: str
    """Its task, model and optimizer in a line; empty if it cannot be read."""
    provenance: ResultsProvenance | None
    """None if the spec cannot be read."""


@dataclass(frozen=True)
class ReportedClaim:
    """A claim as one test judged it, with everything that the report shows of it."""

    record: JudgedClaim
    anchor: str
    killed: tuple[MutantOutcome, ...]
    """The mutants that the claim killed."""
    evidence: SvgFigure | None
    specs: tuple[SpecSheet, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the claim."""
        return self.record.verdict

    @property
    def is_flagged(self) -> bool:
        """Whether its verdict is unexpected, or a control does not change it or anything."""
        record = self.record
        return record.unexpected or record.insensitive or record.has_idle_control


@dataclass(frozen=True)
class Group:
    """The claims of one id."""

    id: str
    claims: tuple[ReportedClaim, ...]
    elsewhere: tuple[SpecSheet, ...]
    """Their specs that an earlier section shows."""


@dataclass(frozen=True)
class Section:
    """Consecutive groups on the same specs, and the sheets of these specs."""

    groups: tuple[Group, ...]
    sheets: tuple[SpecSheet, ...]


@dataclass(frozen=True)
class System:
    """The claims on one system: one folder of specs, theory, or several systems."""

    name: str
    anchor: str
    title: str
    """The first sentence of the opening comment of its base spec; empty if there is none."""
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
    """One of the statements that come first, with its claims."""

    title: str
    claims: tuple[ReportedClaim, ...]

    @property
    def ids(self) -> list[tuple[str, list[ReportedClaim]]]:
        """The claims by id."""
        return by_id(self.claims)


@dataclass(frozen=True)
class ReportedPack:
    """The claims of one pack, or those that are of none."""

    pack: Pack | None
    anchor: str
    headlines: tuple[Headline, ...]
    systems: tuple[System, ...]

    @property
    def name(self) -> str:
        """What the report calls it."""
        return self.pack.name if self.pack else "Other claims"

    @property
    def claims(self) -> Iterator[ReportedClaim]:
        """All of them, in order."""
        return (one for system in self.systems for one in system.claims)


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    folder: str
    """The folder of the claims, as the user named it."""
    profile: str
    made: datetime
    """When the report was made, UTC."""
    version: str
    """The version of grokspec."""
    packs: tuple[ReportedPack, ...]
    matrix: KillMatrix | None

    @property
    def has_packs(self) -> bool:
        """Whether any claim is of a pack, so that packs have headings."""
        return any(one.pack for one in self.packs)

    @property
    def systems(self) -> list[System]:
        """The systems of all packs."""
        return [system for pack in self.packs for system in pack.systems]

    @cached_property
    def claims(self) -> tuple[ReportedClaim, ...]:
        """All claims, in the order of reading."""
        return tuple(one for pack in self.packs for one in pack.claims)

    @cached_property
    def specs(self) -> tuple[SpecSheet, ...]:
        """Every spec that a claim names, once."""
        named = (spec for one in self.claims for spec in one.specs)
        return tuple({spec.anchor: spec for spec in named}.values())

    @property
    def unexpected(self) -> list[ReportedClaim]:
        """The claims with an unexpected verdict."""
        return [one for one in self.claims if one.record.unexpected]

    @property
    def insensitive(self) -> list[ReportedClaim]:
        """The insensitive claims."""
        return [one for one in self.claims if one.record.insensitive]

    @property
    def controls(self) -> list[ControlOutcome]:
        """The outcomes of all controls that were run."""
        return [outcome for one in self.claims for outcome in one.record.controls]


def tally(claims: Iterable[ReportedClaim]) -> list[tuple[Verdict, int]]:
    """The number of claims with each verdict that occurs."""
    counts = Counter(one.verdict for one in claims)
    return [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]


def by_id(claims: Iterable[ReportedClaim]) -> list[tuple[str, list[ReportedClaim]]]:
    """Claims by id, in the order of the ids."""
    found: dict[str, list[ReportedClaim]] = {}
    for one in claims:
        found.setdefault(one.record.id, []).append(one)
    return list(found.items())
