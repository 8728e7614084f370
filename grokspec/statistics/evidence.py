"""Evidence: the numbers behind a finding, and the bounds that they were compared with.

A finding has the numbers of its weakest part only, and which part that is may change. So a
checklist keeps all effects, and two checklists are compared effect by effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from grokspec.statistics.verdict import WORST_FIRST, Verdict


@dataclass(frozen=True)
class Cell:
    """One median over seeds with its interval, and its verdict."""

    place: str
    """For example "alpha = 8"; empty if there is only one."""
    values: tuple[float, ...]
    """One a seed; +inf never happened, NaN is unknown."""
    median: float
    interval: tuple[float, float]
    verdict: Verdict
    margin: float
    """The distance of the interval from the bounds; negative if it crosses one."""

    @property
    def weakness(self) -> tuple[int, float]:
        """A sort key by which the weakest cell comes first."""
        return WORST_FIRST.index(self.verdict), self.margin


@dataclass(frozen=True)
class Intervals:
    """Medians over seeds, and the region in which each should lie."""

    quantity: str
    unit: str
    demand: str
    """The region in words: "above 0.3"."""
    region: tuple[float, float]
    """In ``unit``; an infinite end is no bound."""
    over: str
    """The dimension of a cell's values: "seed"."""
    level: float
    """The confidence level."""
    cells: tuple[Cell, ...]
    """In the order of the sweep."""
    strict: bool = True
    """Whether the bounds themselves lie outside the region."""

    @property
    def verdict(self) -> Verdict:
        """That of the weakest cell."""
        return min(self.cells, key=lambda cell: cell.weakness).verdict

    @property
    def claimed(self) -> tuple[str, str]:
        """The statement and its denial, in words."""
        if self.region[0] == math.inf:
            return "it never happens", "it does happen"
        return f"the median is {self.demand}", f"the median is not {self.demand}"

    @property
    def bars(self) -> str:
        """What the intervals are, in words."""
        return f"{self.level:.0%} interval of their median"

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
                bounds=self.region,
            )
            for cell in self.cells
        ]


@dataclass(frozen=True)
class Predictions(Intervals):
    """A number from elsewhere among values over seeds, with the interval of one further value.

    The region is the number, as both ends.
    """

    @property
    def claimed(self) -> tuple[str, str]:
        """The statement and its denial, in words."""
        number = f"{self.region[0]:g}"
        return f"runs like these give {number}", f"runs like these do not give {number}"

    @property
    def bars(self) -> str:
        """What the intervals are, in words."""
        return f"one further {self.over} lies there with {self.level:.0%}"


@dataclass(frozen=True)
class Comparison:
    """Two quantities that should agree, number by number."""

    quantities: tuple[str, str]
    unit: str
    first: Sequence[float]
    """Has one entry for each pair that is kept, as ``second`` and ``deviations`` have."""
    second: Sequence[float]
    deviations: Sequence[float]
    """In ``unit``, or as a share of the larger number if ``relative``."""
    relative: bool
    tolerance: float
    """The largest deviation that is allowed."""
    count: int
    """Pairs compared. Of many, those that deviate most are kept and some of the others."""
    unknown: int
    """Pairs that were not compared, because one number is NaN."""
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
                bounds=(-math.inf, self.tolerance),
            )
        ]


Evidence = Intervals | Comparison
"""The numbers behind a finding or a part of it."""


class Effect(BaseModel):
    """One measured number with its interval."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    quantity: str
    place: str
    """For example "alpha = 8"; empty if there is only one."""
    unit: str
    measured: float
    interval: tuple[float, float] | None
    """None if nothing is random."""
    bounds: tuple[float, float] | None = None
    """Where the claim says it lies; an infinite end is no bound. None in checklists of before."""


def effects_of(evidence: Iterable[Evidence]) -> tuple[Effect, ...]:
    """All effects in the evidence."""
    return tuple(effect for part in evidence for effect in part.effects)
