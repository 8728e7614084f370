"""How many seeds would probably decide an inconclusive finding, judged by the seeds there are.

A verdict depends only on how many values lie on which side of a bound. The shares of the values
that future seeds will put on each side are unknown, and the seeds there are say how likely each is
(the posterior under Jeffreys' prior). Seeds are drawn from them, and the verdict is reached with
the old and the new seeds together. This is an estimate: it takes the points of a sweep as
independent, and so is rather too large where they are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from grokspec.statistics.evidence import Cell, Evidence, Intervals, Predictions

PROBABLE = 0.8
"""The chance of a decision that "probably" stands for."""

MOST_SEEDS = 1000
"""No larger number of seeds is looked at."""

DRAWS = 1000
"""How many futures are drawn. The chance of a decision is then known to one or two percent."""

PRIOR = 0.5
"""What Jeffreys' prior adds to the number of values on a side."""


@dataclass(frozen=True)
class _Cell:
    """One cell: its values counted, and for each future the shares of the values to come.

    There are four sides: short of the region, inside, beyond, and unknown.
    """

    seen: np.ndarray  # side
    shares: np.ndarray  # future, side
    level: float

    def verdicts(self, total: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """In which futures the cell is supported, and in which refuted, with ``total`` seeds."""
        rank = ranks(np.array(total), self.level)
        counts = self.seen + rng.multinomial(total - self.seen.sum(), self.shares)
        short, _, beyond, unknown = counts.T
        outside = np.maximum(short, beyond)
        return outside + unknown <= rank, outside >= total - rank


def seeds_to_decide(evidence: Iterable[Evidence]) -> int | None:
    """The number of seeds, old and new together, with which the verdict is probably another one.

    None if there are probably more than `MOST_SEEDS`, or if the evidence has no median over seeds.
    """
    medians = [part for part in evidence if isinstance(part, Intervals)]
    parts = [part for part in medians if not isinstance(part, Predictions)]
    rng = np.random.default_rng(0)
    cells = [_cell(part, cell, rng) for part in parts for cell in part.cells]
    if not cells:
        return None
    known = max(int(cell.seen.sum()) for cell in cells)
    totals = _totals(known, cells[0].level)
    low, high = 0, len(totals)
    while low < high:
        middle = (low + high) // 2
        if _chance(cells, totals[middle]) >= PROBABLE:
            high = middle
        else:
            low = middle + 1
    return totals[low] if low < len(totals) else None


def _chance(cells: Sequence[_Cell], total: int) -> float:
    """The share of the futures in which the statement is supported or refuted."""
    rng = np.random.default_rng(total)
    judged = [cell.verdicts(total, rng) for cell in cells]
    supported = np.logical_and.reduce([one for one, _ in judged])
    refuted = np.logical_or.reduce([other for _, other in judged])
    return float(np.mean(supported | refuted))


def _cell(part: Intervals, cell: Cell, rng: np.random.Generator) -> _Cell:
    values = np.asarray(cell.values, float)
    low, high = part.region
    short = values <= low if part.strict else values < low
    beyond = values >= high if part.strict else values > high
    unknown = np.isnan(values)
    inside = ~(short | beyond | unknown)
    seen = np.array([np.count_nonzero(side) for side in (short, inside, beyond, unknown)])
    possible = [low > -math.inf, True, high < math.inf, False]
    weights = rng.standard_gamma(seen + PRIOR * np.array(possible), size=(DRAWS, 4))
    return _Cell(seen, weights / weights.sum(axis=1, keepdims=True), part.level)


def ranks(sizes: np.ndarray, level: float) -> np.ndarray:
    """How many values lie below the interval of the median, and above; −1 for too few seeds."""
    tail = (1 - level) / 2
    first = stats.binom.ppf(tail, sizes, 0.5)
    return np.where(stats.binom.cdf(first, sizes, 0.5) > tail + 1e-12, first - 1, first).astype(int)


def _totals(known: int, level: float) -> list[int]:
    """Larger numbers of seeds, up to the most: the first of each rank, which decide best.

    So the chance of a decision grows from each to the next.
    """
    sizes = np.arange(1, MOST_SEEDS + 1)
    grows = np.diff(ranks(sizes, level), prepend=-1) > 0
    return [int(n) for n in sizes[grows] if n > known]
