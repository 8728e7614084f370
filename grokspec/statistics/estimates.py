"""Medians over seeds with exact confidence intervals, and statements about where they lie."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any

import numpy as np
import xarray as xr

from grokspec.formatting import after_space, count, number
from grokspec.statistics.evidence import Cell, Intervals, Predictions
from grokspec.statistics.finding import Finding
from grokspec.statistics.predictions import Standing, standing, values_to_exclude
from grokspec.statistics.quantities import (
    divided,
    label_of,
    labels_of_two,
    minus,
    paired,
    place_of,
    require,
    unit_of,
    with_coordinates,
)
from grokspec.statistics.verdict import Verdict


@dataclass(frozen=True)
class Region:
    """Where a median should lie. None is no bound; ``strict`` excludes the bounds."""

    words: str
    low: float | None = None
    high: float | None = None
    strict: bool = False
    denial: str = ""
    question: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends; an infinite one where there is no bound."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    def verdict(self, low: float, high: float) -> Verdict:
        """Judge an interval by where it lies."""
        if not (self._short_of(low) or self._beyond(high)):
            return Verdict.SUPPORTED
        if self._short_of(high) or self._beyond(low):
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def margin(self, low: float, high: float) -> float:
        """The distance of an interval from the bounds; negative if it crosses one."""
        ends = [low - self.low] if self.low is not None and math.isfinite(self.low) else []
        if self.high is not None and math.isfinite(self.high):
            ends.append(self.high - high)
        return min(ends, default=0.0)

    def outside(self, sample: np.ndarray) -> list[np.ndarray]:
        """Which values lie outside, for each bound."""
        sides = [self._short_of(sample)] if self.low is not None else []
        return sides + ([self._beyond(sample)] if self.high is not None else [])

    def in_words(self, verdict: Verdict) -> str:
        """The region in words, for a sentence about an interval with this verdict."""
        if verdict is Verdict.REFUTED:
            return self.denial or f"not {self.words}"
        if verdict is Verdict.INCONCLUSIVE:
            return f"undecided whether {self.question or self.words}"
        return self.words

    def _short_of(self, value: Any) -> Any:
        if self.low is None:
            return False
        return value <= self.low if self.strict else value < self.low

    def _beyond(self, value: Any) -> Any:
        if self.high is None:
            return False
        return value >= self.high if self.strict else value > self.high


LEVEL = 0.95
"""The default confidence level."""

AGREES = {
    Verdict.SUPPORTED: "in agreement",
    Verdict.REFUTED: "not in agreement",
    Verdict.INCONCLUSIVE: "undecided whether in agreement",
}

CellIndex = tuple[int, ...]
"""The index of a cell."""


def estimate(values: xr.DataArray, over: str = "seed", level: float = LEVEL) -> Estimate:
    """Estimate the median over seeds and its exact confidence interval, in every cell.

    ``values`` may hold +inf for an event that never happened. NaN is an unknown value: the run
    diverged, or is not in the sweep. No value is dropped: the interval is widened so that it is
    right whatever the unknown value is. With ten seeds, at 95%, the interval remains finite with
    one unknown value, but not with two.

    Raises ValueError if ``values`` is empty or has no dimension ``over``, or if the level is not in
    (0.5, 1).
    """
    if not 0.5 < level < 1:
        raise ValueError(f"level = {level}: a confidence level lies between 0.5 and 1")
    require(values, over)
    if values.size == 0:
        raise ValueError(f"{label_of(values)} is empty: {dict(values.sizes)}")
    values = with_coordinates(values).transpose(..., over).astype(float) + 0.0  # -0.0 is 0.0
    unknown = values.isnull().sum(over)
    median, low, high = xr.apply_ufunc(
        _median_and_interval,
        values,
        input_core_dims=[[over]],
        output_core_dims=[[], [], []],
        vectorize=True,
        kwargs={"level": level},
    )
    return Estimate(values, over, level, median, low, high, unknown, label_of(values))


@dataclass(frozen=True)
class Estimate:
    """Medians over seeds with their intervals, one for each cell; see `estimate`.

    An end of the interval is infinite if there are too few seeds for the level (95% needs 6), if
    too many values are unknown, or if the values themselves are +inf.
    """

    values: xr.DataArray = field(repr=False)
    over: str
    level: float
    median: xr.DataArray = field(repr=False)
    low: xr.DataArray = field(repr=False)
    high: xr.DataArray = field(repr=False)
    unknown: xr.DataArray = field(repr=False)  # how many of a cell's values are NaN
    label: str

    def above(self, bound: float) -> Finding:
        """Judge "the median is larger than ``bound``"."""
        return self._judge(Region(f"above {bound:g}", low=bound, strict=True))

    def below(self, bound: float) -> Finding:
        """Judge "the median is smaller than ``bound``"."""
        return self._judge(Region(f"below {bound:g}", high=bound, strict=True))

    def within(self, low: float, high: float) -> Finding:
        """Judge "the median lies between the bounds, or on one".

        This tests equivalence by two one-sided tests. Use it to claim that there is *no* effect:
        a failure to show an effect is no evidence for its absence.
        """
        if low > high:
            raise ValueError(f"within({low}, {high}): the first bound must not be the larger one")
        if low == -math.inf and high == math.inf:
            raise ValueError(f"within({low}, {high}): every number is; give at least one bound")
        words = f"within [{low:g}, {high:g}]"
        return self._judge(Region(words, low=low, high=high))

    @property
    def never(self) -> Finding:
        """Judge "it does not happen within the steps trained": the median is +inf."""
        return self._judge(
            Region("never", low=math.inf, denial="it does happen", question="it never happens")
        )

    def agrees_with(self, value: float) -> Finding:
        """Judge "``value``, a number from elsewhere, is one that runs like these give".

        What they give is the central 95% of all runs (or another ``level``). SUPPORTED if it is
        shown that the value lies there: if it did not, so many seeds would lie on both sides of it
        with a chance of at most 2.5%. REFUTED if it lies outside the prediction interval, which
        holds the value of one further run at least 95% of the time; this takes 39 seeds, and with
        fewer no value is excluded. INCONCLUSIVE otherwise: not to be excluded is no agreement.

        It says nothing about the median. That the median is close to a number, `within` says.
        """
        if math.isnan(value):
            raise ValueError(f"{self.label} cannot agree with NaN: that value is not known")
        places = list(np.ndindex(self.median.shape))
        found = {i: standing(value, self.values[i].to_numpy(), self.level) for i in places}
        cells = {i: self._predicted(i, one) for i, one in found.items()}
        return self._finding(
            cells,
            lambda i, among: f"{self._head(i, among)}: {self._agreement(value, i, found[i])}",
            max(one.p_value for one in found.values()),
            Predictions(
                **self._measured,
                demand=f"in agreement with {value:g}",
                region=(value, value),
                strict=False,
                cells=tuple(cells.values()),
            ),
        )

    def __str__(self) -> str:
        return "\n".join(self._describe(cell) for cell in np.ndindex(self.median.shape))

    @property
    def summary(self) -> str:
        """The numbers of a single cell, or the range of the medians of several."""
        if self.median.size == 1:
            return self._numbers((0,) * self.median.ndim)
        low, high = (number(float(end)) for end in (self.median.min(), self.median.max()))
        unit = after_space(unit_of(self.values))
        return f"medians from {low} to {high}{unit} over {self.median.size} cells"

    def _judge(self, region: Region) -> Finding:
        if any(map(math.isnan, region.bounds)):
            raise ValueError(
                f"{self.label} cannot be held against NaN: the bound was computed from values that "
                "are not known"
            )
        indices = list(np.ndindex(self.median.shape))
        cells = {index: self._cell(index, region) for index in indices}
        return self._finding(
            cells,
            lambda i, among: f"{self._describe(i, among)}, {region.in_words(cells[i].verdict)}",
            max(self._p_value(region, index) for index in indices),
            Intervals(
                **self._measured,
                demand=region.words,
                region=region.bounds,
                strict=region.strict,
                cells=tuple(cells.values()),
            ),
        )

    def _finding(
        self,
        cells: Mapping[CellIndex, Cell],
        line: Callable[[CellIndex, int], str],
        p_value: float,
        evidence: Intervals,
    ) -> Finding:
        """What follows from all cells; ``line`` says it of one, as the weakest among so many."""
        worst = min(cells, key=lambda index: cells[index].weakness)
        return Finding(
            verdict=cells[worst].verdict,
            statement=line(worst, len(cells)),
            measured=cells[worst].median,
            interval=cells[worst].interval,
            n=self.values.sizes[self.over],
            p_value=p_value,
            unit=unit_of(self.values),
            details=tuple(line(index, 1) for index in cells) if len(cells) > 1 else (),
            evidence=(evidence,),
        )

    @property
    def _measured(self) -> dict[str, Any]:
        """What is estimated: fields of the evidence."""
        return {
            "quantity": self.label,
            "unit": unit_of(self.values),
            "over": self.over,
            "level": self.level,
        }

    def _cell(self, index: CellIndex, region: Region) -> Cell:
        interval = self._interval(index)
        verdict, margin = region.verdict(*interval), region.margin(*interval)
        return self._judged(index, interval, verdict, margin)

    def _predicted(self, index: CellIndex, found: Standing) -> Cell:
        return self._judged(index, found.interval, found.verdict, found.margin)

    def _judged(
        self, index: CellIndex, interval: tuple[float, float], verdict: Verdict, margin: float
    ) -> Cell:
        return Cell(
            place=place_of(self.median, index),
            values=tuple(self.values[index].to_numpy().tolist()),
            median=float(self.median[index]),
            interval=interval,
            verdict=verdict,
            margin=margin,
        )

    def _agreement(self, value: float, index: CellIndex, found: Standing) -> str:
        """How a value stands among the seeds of a cell, and whether it agrees with them."""
        n, (low, high) = self.values.sizes[self.over], found.interval
        excluding = f", a further one in [{number(low)}, {number(high)}]"
        if n < (needed := values_to_exclude(self.level)):
            is_open = found.verdict is Verdict.INCONCLUSIVE
            excluding = f" (to exclude it takes {needed} seeds)" if is_open else ""
        return (
            f"{self._median_in_words(index)} over {count(n, self.over)}, {found.at_or_below} at or "
            f"below {value:g} and {found.at_or_above} at or above{excluding}"
            f"{self._unknown_in_words(index)}, {AGREES[found.verdict]}"
        )

    def _interval(self, cell: CellIndex) -> tuple[float, float]:
        return float(self.low[cell]), float(self.high[cell])

    def _p_value(self, region: Region, cell: CellIndex) -> float:
        sample = self.values[cell].to_numpy()
        unknown = np.isnan(sample)  # counts against the statement
        return max(
            _sign_test(np.count_nonzero(outside | unknown), sample.size)
            for outside in region.outside(sample)
        )

    def _describe(self, cell: CellIndex, among: int = 1) -> str:
        return f"{self._head(cell, among)}: {self._numbers(cell)}"

    def _head(self, cell: CellIndex, among: int) -> str:
        place = f" at {place_of(self.median, cell)}" if cell else ""
        extreme = f" (weakest of {among})" if among > 1 else ""
        return f"{self.label}{place}{extreme}"

    def _numbers(self, cell: CellIndex) -> str:
        n, text = self.values.sizes[self.over], self._median_in_words(cell)
        low, high = self._interval(cell)
        if n < (needed := seeds_needed(self.level)):
            text += f" over {count(n, self.over)}, too few for a {self.level:.0%} interval"
            text += f" ({needed} are needed)"
        else:
            text += f" in [{number(low)}, {number(high)}] over {count(n, self.over)}"
        return text + self._unknown_in_words(cell)

    def _median_in_words(self, cell: CellIndex) -> str:
        return f"median {number(float(self.median[cell]))}{after_space(unit_of(self.values))}"

    def _unknown_in_words(self, cell: CellIndex) -> str:
        unknown = int(self.unknown[cell])
        why = "diverged, ended, censored alike, or not in the sweep"
        return f" ({unknown} with no value: {why})" if unknown else ""


def difference(
    a: xr.DataArray, b: xr.DataArray, over: str = "seed", level: float = LEVEL
) -> Estimate:
    """Estimate the median of a − b, paired within seeds.

    If neither run reaches an event within the steps trained (+inf), either may be the later one, so
    the difference is unknown.

    Raises ValueError if the two do not have the same seeds and coordinates.
    """
    first, second = labels_of_two(a, b)
    change = paired(minus, a, b).assign_attrs(long_name=f"{first} minus {second}", units=unit_of(a))
    return estimate(change, over, level)


def ratio(a: xr.DataArray, b: xr.DataArray, over: str = "seed", level: float = LEVEL) -> Estimate:
    """Estimate the median of a / b, paired within seeds, for nonnegative quantities.

    0 / 0 counts as 1, a tie, and any other number over zero is unknown. What never happens (+inf)
    is infinitely many times anything that does; inf / inf is unknown. Raises ValueError as
    `difference` does.
    """
    first, second = labels_of_two(a, b)
    quotient = paired(divided, a, b).assign_attrs(
        long_name=f"ratio of {first} to {second}", units=""
    )
    return estimate(quotient, over, level)


def _median_and_interval(sample: np.ndarray, level: float) -> tuple[float, float, float]:
    """The median of the known values, and an interval that is right for any unknown values."""
    unknown = np.isnan(sample)
    low, high = _ranks(sample.size, level)
    return (
        math.nan if unknown.all() else _median(sample[~unknown]),
        -math.inf if low is None else float(np.sort(np.where(unknown, -math.inf, sample))[low]),
        math.inf if high is None else float(np.sort(np.where(unknown, math.inf, sample))[high]),
    )


@functools.cache
def _ranks(size: int, level: float) -> tuple[int | None, int | None]:
    """The ranks, from 0, of the order statistics that are the ends of the interval.

    None for an end that takes more values than there are.
    """
    tail = (1 - level) / 2
    below = sum(1 for _ in takewhile(lambda chance: chance < tail, _chances(size)))
    above = sum(1 for _ in takewhile(lambda chance: chance <= tail, _chances(size)))
    low = below - 1 if below else None
    high = size - above if above else None
    return low, high


@functools.cache
def _sign_test(outside: int, size: int) -> float:
    """The chance of at most so many values on one side of the median."""
    return next(islice(_chances(size), outside, None))


def _chances(size: int) -> Iterator[float]:
    """The chance of at most 0, 1, 2, … of so many values on one side of the median.

    They are exact. `scipy.stats` has them, too, and takes a second to import.
    """
    ways, total, all_ways = 1, 0, 2**size
    for outside in range(size + 1):
        total += ways
        yield total / all_ways
        ways = ways * (size - outside) // (outside + 1)


def _median(sample: np.ndarray) -> float:
    """The median; between a finite value and +inf it is +inf, and between two +inf too.

    Between −inf and +inf it is unknown.
    """
    middle = np.sort(sample)[[(sample.size - 1) // 2, sample.size // 2]]
    if middle[0] == middle[1]:
        return float(middle[0])
    with np.errstate(invalid="ignore"):
        return float((middle / 2).sum())  # halves first: the sum of two numbers may be none


def seeds_needed(level: float = LEVEL) -> int:
    """With how many seeds an interval has finite ends."""
    return math.floor(math.log2(2 / (1 - level)) + 1e-9) + 1  # one more where the level is met
