"""What a report contains, whatever it is written as: plain data, in the order of reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from grokspec.checklist import Row, Trial
from grokspec.findings import Verdict
from grokspec.mutants.table import KillTable, Tried


@dataclass(frozen=True)
class Drawn:
    """A figure: an SVG document, and its size in points."""

    svg: str
    width: int
    height: int


@dataclass(frozen=True)
class Origins:
    """With what, when and where the results of a spec were made. Lists have each value once."""

    runs: int  # that the spec has
    stored: int  # that have a result of today's code
    diverged: int
    seeds: tuple[int, ...]
    seconds: float  # of training, over all stored runs
    first: datetime | None  # when the oldest and the newest result were made, UTC
    last: datetime | None
    versions: tuple[tuple[str, tuple[str, ...]], ...]  # of grokspec, torch, numpy and python
    devices: tuple[str, ...]
    fingerprints: tuple[str, ...]  # of the code and input files that made the results
    shards: tuple[str, ...]  # SHA-256 of the files that hold them


@dataclass(frozen=True)
class SpecSheet:
    """A spec: its text, its figure and where its results come from."""

    name: str
    anchor: str
    title: str  # the first sentence of the comment that it opens with
    texts: tuple[tuple[str, str], ...]  # name and text of its file and of those that it extends
    figure: Drawn | None
    without_figure: str  # why there is none; empty if the spec describes none
    origins: Origins | None  # None if the spec cannot be read


@dataclass(frozen=True)
class Judgement:
    """A claim as one test judged it, with all that belongs to it."""

    row: Row
    anchor: str
    trials: tuple[Trial, ...]
    caught: tuple[Tried, ...]  # the faults that turned it
    evidence: Drawn | None
    specs: tuple[SpecSheet, ...]

    @property
    def verdict(self) -> Verdict:
        """What came of it."""
        return Verdict(self.row.verdict)

    @property
    def toothless(self) -> bool:
        """Whether an experiment that must turn it does not."""
        return any(trial.toothless for trial in self.trials)


@dataclass(frozen=True)
class Group:
    """The judgements on one id."""

    id: str
    judgements: tuple[Judgement, ...]
    elsewhere: tuple[SpecSheet, ...]  # those that it is about and that an earlier block shows


@dataclass(frozen=True)
class Block:
    """Groups in a row about the same specs, and the sheets that belong beside them."""

    groups: tuple[Group, ...]
    sheets: tuple[SpecSheet, ...]


@dataclass(frozen=True)
class System:
    """The claims on one system: one folder of specs, or theory, or several systems."""

    name: str
    anchor: str
    title: str  # the first sentence of what its base spec opens with, if it has one
    blocks: tuple[Block, ...]

    @property
    def groups(self) -> Iterator[Group]:
        """All of them, in order."""
        return (group for block in self.blocks for group in block.groups)

    @property
    def judgements(self) -> Iterator[Judgement]:
        """All of them, in order."""
        return (one for group in self.groups for one in group.judgements)


@dataclass(frozen=True)
class Headline:
    """One of the claims that come first, and all judgements that bear on it."""

    title: str
    judgements: tuple[Judgement, ...]

    @property
    def ids(self) -> list[tuple[str, list[Judgement]]]:
        """The judgements by id."""
        return by_id(self.judgements)


@dataclass(frozen=True)
class Report:
    """All of it."""

    title: str
    claims: str  # the folder, as it was named
    profile: str
    made: datetime  # UTC
    version: str  # of grokspec
    headlines: tuple[Headline, ...]
    systems: tuple[System, ...]
    faults: KillTable | None

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """All of them, in the order of reading."""
        return tuple(one for system in self.systems for one in system.judgements)

    @cached_property
    def specs(self) -> tuple[SpecSheet, ...]:
        """Every spec that a claim names, once."""
        named = (spec for one in self.judgements for spec in one.specs)
        return tuple({spec.anchor: spec for spec in named}.values())

    @property
    def turned(self) -> list[Judgement]:
        """Those whose verdict is not the one on record."""
        return [one for one in self.judgements if one.row.turned]

    @property
    def toothless(self) -> list[Judgement]:
        """Those that an experiment which must turn them does not."""
        return [one for one in self.judgements if one.toothless]

    @property
    def trials(self) -> list[Trial]:
        """All controls and counter-experiments that were asked for."""
        return [trial for one in self.judgements for trial in one.trials]


def tally(judgements: Iterable[Judgement]) -> list[tuple[Verdict, int]]:
    """How many there are of each verdict, of those that occur."""
    counts = Counter(one.verdict for one in judgements)
    return [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]


def by_id(judgements: Iterable[Judgement]) -> list[tuple[str, list[Judgement]]]:
    """Judgements by id, in the order in which the ids come."""
    found: dict[str, list[Judgement]] = {}
    for one in judgements:
        found.setdefault(one.row.id, []).append(one)
    return list(found.items())
