"""Evidence: the numbers behind a finding and what they were held against.

Plain data, made by `grokspec.statistics` and drawn by `grokspec.figures`. Of these numbers a
checklist keeps the effects: two checklists are compared effect by effect, since a finding gives the
numbers of its weakest part only, and which part that is may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from grokspec.statistics.verdict import WORST_FIRST, Verdict


@dataclass(frozen=True)
class Cell:
    """One median over seeds with its interval, and its verdict."""

    place: str
    """As in "alpha = 8"; empty where there is only one."""
    values: tuple[float, ...]
    """One a seed; +inf never happened, NaN is not known."""
    median: float
    interval: tuple[float, float]
    verdict: Verdict
    margin: float
    """By how much the interval keeps inside the region; negative if it does not."""

    @property
    def weakness(self) -> tuple[int, float]:
        """Sorts the weakest cell first: by its verdict, then by how near it is to a bound."""
        return WORST_FIRST.index(self.verdict), self.margin


@dataclass(frozen=True)
class Intervals:
    """Medians over seeds, each of which is held to lie in one region."""

    quantity: str
    unit: str
    demand: str
    """The region in words: "above 0.3"."""
    region: tuple[float, float]
    """In ``unit``; an infinite end is no bound."""
    over: str
    """What a cell has one value for each of: "seed"."""
    level: float
    """Of confidence."""
    cells: tuple[Cell, ...]
    """In the order of the sweep."""

    @property
    def verdict(self) -> Verdict:
        """That of the weakest cell."""
        return min(self.cells, key=lambda cell: cell.weakness).verdict

    @property
    def effects(self) -> list[Effect]:
        """Each median with its interval."""
        return [
            Effect(
                quantity=self.quantity,
                place=cell.place,
                unit=self.unit,
                measured=cell.median,
                interval=cell.interval,
            )
            for cell in self.cells
        ]


@dataclass(frozen=True)
class Comparison:
    """Two quantities, number by number, that are held to agree."""

    quantities: tuple[str, str]
    unit: str
    first: Sequence[float]
    """One entry for each pair that is kept; so have ``second`` and ``deviations``."""
    second: Sequence[float]
    deviations: Sequence[float]
    """In ``unit``, or a share of the larger if ``relative``."""
    relative: bool
    tolerance: float
    """What no deviation may exceed."""
    count: int
    """Pairs compared, of which those that deviate most are kept and some of the rest."""
    unknown: int
    """Pairs that were not compared, because one of the two is NaN."""
    verdict: Verdict

    @property
    def effects(self) -> list[Effect]:
        """The largest deviation."""
        first, second = self.quantities
        return [
            Effect(
                quantity=f"deviation of {first} from {second}",
                place="",
                unit="" if self.relative else self.unit,
                measured=max(self.deviations),
                interval=None,
            )
        ]


Evidence = Intervals | Comparison
"""What a finding may rest on."""


class Effect(BaseModel):
    """One number that was measured, and where it lies."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    quantity: str
    place: str
    """As in "alpha = 8"; empty where there is only one."""
    unit: str
    measured: float
    interval: tuple[float, float] | None
    """None where chance plays no part."""


def effects_of(evidence: Iterable[Evidence]) -> tuple[Effect, ...]:
    """The effects that evidence shows."""
    return tuple(effect for part in evidence for effect in part.effects)
