"""Whether a number from elsewhere, such as the paper's own, is one that runs like ours give.

The number is held against what single runs give, and not against their median: a paper that reports
one run may well have one that is far from its own median. What runs give is the central share of
them, `level`, without the tails on both sides.

That it lies there has to be shown, as an equivalence: SUPPORTED if enough of our values are at or
below the number, and enough at or above, that it would be a rare chance were either side in truth
a tail (two one-sided exact binomial tests; both ends of the interval of Clopper and Pearson, 1934).
REFUTED if it lies outside the prediction interval for one further run: of n runs and one more, each
is as likely as any other to be the smallest, so the further one falls below the r-th smallest of n
with a chance of r / (n + 1), whatever the distribution (Wilks 1941). In between the seeds do not
decide; up to a certain number of them they exclude nothing.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from grokspec.statistics.verdict import Verdict

EXACT = 1e-9
"""How far rounding may carry a product of a level and a number of seeds."""


@dataclass(frozen=True)
class Standing:
    """How a number stands among values of single runs."""

    at_or_below: int
    """How many values are not larger than the number; those that are not known are left out."""
    at_or_above: int
    interval: tuple[float, float]
    """The prediction interval for one further value; infinite ends with too few values."""
    verdict: Verdict
    p_value: float
    """Exact, of "fewer runs than a tail holds are on one side of the number"."""
    margin: int
    """How many more values are on each side than it takes; negative if it takes more."""


def standing(number: float, values: np.ndarray, level: float) -> Standing:
    """Where a number stands among the values of one cell. NaN is a value that is not known.

    Whatever an unknown value is, the verdict is right: it shows nothing of the side on which it
    is, and widens the interval.
    """
    below, above = int((values <= number).sum()), int((values >= number).sum())
    interval = prediction_interval(values, level)
    fewest, needed = min(below, above), values_on_each_side(values.size, level)
    if fewest >= needed:
        verdict = Verdict.SUPPORTED
    elif not interval[0] <= number <= interval[1]:
        verdict = Verdict.REFUTED
    else:
        verdict = Verdict.INCONCLUSIVE
    p_value = chance_of_at_least(fewest, values.size, _tail(level))
    return Standing(below, above, interval, verdict, p_value, fewest - needed)


def prediction_interval(values: np.ndarray, level: float) -> tuple[float, float]:
    """The interval in which one further value lies at least with this probability.

    Its ends are values, equally far from the smallest and the largest; infinite if it takes more
    values than there are.
    """
    rank = rank_of_prediction(values.size, level)
    if rank == 0:
        return -math.inf, math.inf
    unknown = np.isnan(values)
    low, high = (np.sort(np.where(unknown, end, values)) for end in (-math.inf, math.inf))
    return float(low[rank - 1]), float(high[values.size - rank])


@functools.cache
def rank_of_prediction(size: int, level: float) -> int:
    """Which of the smallest and of the largest values are its ends, from 1; 0 with too few."""
    return math.floor(_tail(level) * (size + 1) + EXACT)


@functools.cache
def values_on_each_side(size: int, level: float) -> int:
    """How many values on each side of a number show that neither side is a tail."""
    tail = _tail(level)
    return next(k for k in range(size + 2) if chance_of_at_least(k, size, tail) <= tail + EXACT)


def values_to_exclude(level: float) -> int:
    """With how many values a prediction interval has finite ends: 39 at 95%."""
    return math.ceil(1 / _tail(level) - 1 - EXACT)


@functools.cache
def chance_of_at_least(hits: int, size: int, share: float) -> float:
    """The chance that so many of ``size`` draws hit what holds this share of all.

    `scipy.stats` has it, too, and takes a second to import.
    """
    chances = (
        math.comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(hits, size + 1)
    )
    return min(1.0, math.fsum(chances))


def _tail(level: float) -> float:
    """The share of runs on either side of the central ones, and the chance of either error."""
    return (1 - level) / 2
