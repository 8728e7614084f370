"""Evidence: the numbers behind a finding and what they were held against, for a figure to show.

Plain data, made by `grokspec.statistics` and drawn by `grokspec.figures.evidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokspec.findings import WORST_FIRST, Verdict


@dataclass(frozen=True)
class Cell:
    """One median over seeds with its interval, and how it fares."""

    place: str  # "alpha = 8"; empty where there is only one
    values: tuple[float, ...]  # one a seed; +inf never happened, NaN is not known
    median: float
    interval: tuple[float, float]
    verdict: Verdict
    margin: float  # by how much the interval keeps inside the region; negative if it does not

    @property
    def weakness(self) -> tuple[int, float]:
        """Sorts the weakest cell first: by its verdict, then by how near it is to a bound."""
        return WORST_FIRST.index(self.verdict), self.margin


@dataclass(frozen=True)
class Intervals:
    """Medians over seeds, each of which is held to lie in one region."""

    quantity: str
    unit: str
    demand: str  # the region in words: "above 0.3"
    region: tuple[float, float]  # in ``unit``; an infinite end is no bound
    over: str  # what a cell has one value for each of: "seed"
    level: float  # of confidence
    cells: tuple[Cell, ...]  # in the order of the sweep

    @property
    def verdict(self) -> Verdict:
        """That of the weakest cell."""
        return min(self.cells, key=lambda cell: cell.weakness).verdict


@dataclass(frozen=True)
class Comparison:
    """Two quantities, number by number, that are held to agree."""

    quantities: tuple[str, str]
    unit: str
    first: Sequence[float]  # one entry for each pair that is kept
    second: Sequence[float]
    deviations: Sequence[float]  # in ``unit``, or a share of the larger if ``relative``
    relative: bool
    tolerance: float  # what no deviation may exceed
    count: int  # pairs compared, of which those that deviate most are kept and some of the rest
    unknown: int  # pairs that were not compared, for one of the two is NaN
    verdict: Verdict


Evidence = Intervals | Comparison
"""What a finding may rest on."""
