"""How a claim is judged. One idea: *a verdict is where an interval lies*.

A measure gives one number per run. Over the seeds these are a sample from an unknown
distribution, of which only the median is judged, by its exact distribution-free confidence
interval: two order statistics, chosen by the binomial distribution (Thompson 1936;
`scipy.stats.quantile_test`). Nothing is assumed normal, and a run that never does a thing enters
as +inf without spoiling anything.

A statement names a region ("above 0.3"). It is SUPPORTED if the whole interval lies in the region,
REFUTED if the whole interval lies outside, INCONCLUSIVE otherwise. At the default level of 95%
either error has a chance of at most 2.5%. The p-value told beside it is that of the exact sign test
of "the statement is false"; it is at most 2.5% exactly when the verdict is SUPPORTED.

Where there is more than one cell (values have dimensions besides the seeds), the statement is
about every cell. It is SUPPORTED if it is in each, which is an intersection-union test: its p-value
is the largest of the cells', and it needs no correction for their number. It is REFUTED if it is in
one, for which the chances of an error add up over the cells: raise the level if they are many.

Seeds pair: the same seed has the same data and the same first weights at every point of a sweep,
so that `difference`, `ratio` and `trend` compare within a seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, SupportsIndex

import numpy as np
import xarray as xr
from scipy import stats

from grokspec.findings import WORST_FIRST, Finding, Verdict

LEVEL = 0.95
"""Confidence level of an interval where none is named."""


def estimate(values: xr.DataArray, over: str = "seed", level: float = LEVEL) -> Estimate:
    """Estimate the median over seeds and its exact confidence interval, in every cell.

    ``values`` may hold +inf for a run that never did what is timed. NaN is a value that is not
    known: the run diverged, or is not in the sweep. It might have been anything, so the interval
    is widened to hold whatever it was; nothing is dropped. With ten seeds and the level of 95% one
    unknown value still leaves a finite interval, and two do not.

    Raises ValueError if ``values`` has no dimension ``over`` or the level is not in (0.5, 1).
    """
    if not 0.5 < level < 1:
        raise ValueError(f"level = {level}: a confidence level lies between 0.5 and 1")
    _require(values, over)
    if values.size == 0:
        raise ValueError(f"{_label(values)} is empty: {dict(values.sizes)}")
    values = _with_coordinates(values).transpose(..., over).astype(float)
    unknown = values.isnull().sum(over)
    median, low, high = xr.apply_ufunc(
        _median_and_interval,
        values,
        input_core_dims=[[over]],
        output_core_dims=[[], [], []],
        vectorize=True,
        kwargs={"level": level},
    )
    return Estimate(values, over, level, median, low, high, unknown, _label(values))


@dataclass(frozen=True)
class Estimate:
    """Medians over seeds with their intervals, one for each cell; see `estimate`.

    An end of the interval is infinite where the seeds are too few for the level (6 are needed at
    95%), where too many values are unknown, or where the values themselves are +inf.
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
        return self._judge(_Region(f"above {bound:g}", low=bound, strict=True))

    def below(self, bound: float) -> Finding:
        """Judge "the median is smaller than ``bound``"."""
        return self._judge(_Region(f"below {bound:g}", high=bound, strict=True))

    def within(self, low: float, high: float) -> Finding:
        """Judge "the median lies between the bounds, or on one".

        This is equivalence, by two one-sided tests, and the way to claim that there is *no*
        effect: not having shown one is no evidence that there is none.
        """
        if not low <= high:
            raise ValueError(f"within({low}, {high}): the first bound must not be the larger one")
        words = f"within [{low:g}, {high:g}]"
        return self._judge(_Region(words, low=low, high=high))

    @property
    def never(self) -> Finding:
        """Judge "it does not happen within the steps trained": the median is +inf."""
        return self._judge(_Region("never", low=math.inf, denial="it does happen"))

    def __str__(self) -> str:
        return "\n".join(self._describe(cell) for cell in np.ndindex(self.median.shape))

    @property
    def summary(self) -> str:
        """The numbers of a single cell, or the range of the medians of several."""
        if self.median.size == 1:
            return self._numbers((0,) * self.median.ndim)
        low, high = (_number(float(end)) for end in (self.median.min(), self.median.max()))
        unit = _after_space(_unit(self.values))
        return f"medians from {low} to {high}{unit} over {self.median.size} cells"

    def _judge(self, region: _Region) -> Finding:
        cells = list(np.ndindex(self.median.shape))
        p_values = {cell: self._p_value(region, cell) for cell in cells}
        verdicts = {cell: region.verdict(*self._interval(cell)) for cell in cells}
        worst = min(
            cells,
            key=lambda cell: (
                WORST_FIRST.index(verdicts[cell]),
                region.margin(*self._interval(cell)),
            ),
        )
        lines = {cell: f"{self._describe(cell)}, {region.say(verdicts[cell])}" for cell in cells}
        return Finding(
            verdict=verdicts[worst],
            statement=f"{self._describe(worst, among=len(cells))}, {region.say(verdicts[worst])}",
            measured=float(self.median[worst]),
            interval=self._interval(worst),
            n=self.values.sizes[self.over],
            p_value=max(p_values.values()),
            unit=_unit(self.values),
            details=tuple(lines.values()) if len(cells) > 1 else (),
        )

    def _interval(self, cell: tuple[int, ...]) -> tuple[float, float]:
        return float(self.low[cell]), float(self.high[cell])

    def _p_value(self, region: _Region, cell: tuple[int, ...]) -> float:
        sample = self.values[cell].to_numpy()
        unknown = np.isnan(sample)  # counts against the statement
        return max(
            float(stats.binom.cdf(np.count_nonzero(outside | unknown), sample.size, 0.5))
            for outside in region.outside(sample)
        )

    def _describe(self, cell: tuple[int, ...], among: int = 1) -> str:
        place = f" {_place(self.median, cell)}" if cell else ""
        extreme = f" (weakest of {among})" if among > 1 else ""
        return f"{self.label}{place}{extreme}: {self._numbers(cell)}"

    def _numbers(self, cell: tuple[int, ...]) -> str:
        n, unknown = self.values.sizes[self.over], int(self.unknown[cell])
        low, high = self._interval(cell)
        text = f"median {_number(float(self.median[cell]))}{_after_space(_unit(self.values))}"
        if n < (needed := _seeds_needed(self.level)):
            text += f" over {_count(n, self.over)}, too few for a {self.level:.0%} interval"
            text += f" ({needed} are needed)"
        else:
            text += f" in [{_number(low)}, {_number(high)}] over {_count(n, self.over)}"
        if unknown:
            text += f" ({unknown} with no value: diverged, censored alike, or not in the sweep)"
        return text


def difference(
    a: xr.DataArray, b: xr.DataArray, over: str = "seed", level: float = LEVEL
) -> Estimate:
    """Estimate the median of a − b, paired within seeds.

    Of two runs that both never do a thing (+inf) within the steps trained, either may be the
    later one: their difference is unknown.

    Raises ValueError if the two do not hold the same seeds and coordinates.
    """
    first, second = _labels_of_two(a, b)
    change = _paired(_minus, a, b).assign_attrs(long_name=f"{first} minus {second}", units=_unit(a))
    return estimate(change, over, level)


def ratio(a: xr.DataArray, b: xr.DataArray, over: str = "seed", level: float = LEVEL) -> Estimate:
    """Estimate the median of a / b, paired within seeds; for quantities that are not negative.

    0 / 0 is a tie, 1, and inf / inf unknown. Raises ValueError as `difference` does.
    """
    first, second = _labels_of_two(a, b)
    quotient = _paired(_over, a, b).assign_attrs(
        long_name=f"ratio of {first} to {second}", units=""
    )
    return estimate(quotient, over, level)


def trend(values: xr.DataArray, along: str, over: str = "seed", level: float = LEVEL) -> Trend:
    """Compare every two neighbours along an axis, in the order of its coordinate.

    Raises ValueError if the axis is not there or holds fewer than two points.
    """
    _require(values, along)
    if values.sizes[along] < 2:
        raise ValueError(f"{_label(values)} has one point along {along!r}: a trend takes two")
    return Trend(_with_coordinates(values).sortby(along), along, over, level)


@dataclass(frozen=True)
class Trend:
    """Paired changes of a quantity along an axis, from lower to higher coordinate."""

    values: xr.DataArray = field(repr=False)  # in the order of the axis
    along: str
    over: str
    level: float

    @property
    def increases(self) -> Finding:
        """Judge "the quantity is larger at every next point": every step's interval above 0."""
        return self._with_effect(self.steps.above(0))

    @property
    def decreases(self) -> Finding:
        """Judge "the quantity is smaller at every next point": every step's interval below 0."""
        return self._with_effect(self.steps.below(0))

    def constant(self, within: float) -> Finding:
        """Judge "no two points differ by more than ``within``" (equivalence of every pair)."""
        return self._with_effect(self.pairs.within(-within, within))

    @property
    def steps(self) -> Estimate:
        """The change from each point to the next."""
        return self._changes([(i, i + 1) for i in range(self._last)])

    @property
    def pairs(self) -> Estimate:
        """The change between any two points."""
        return self._changes(list(itertools.combinations(range(self._last + 1), 2)))

    @property
    def end_to_end(self) -> Estimate:
        """The change from the lowest to the highest point: the size of the effect."""
        return self._changes([(0, self._last)])

    @property
    def _last(self) -> int:
        return self.values.sizes[self.along] - 1

    def _changes(self, pairs: Sequence[tuple[int, int]]) -> Estimate:
        points = self.values[self.along].to_numpy()
        labels = [f"{_number(points[i])} → {_number(points[j])}" for i, j in pairs]
        earlier, later = (
            self.values.isel({self.along: [pair[side] for pair in pairs]}).assign_coords(
                {self.along: labels}
            )
            for side in (0, 1)
        )
        changes = _paired(_minus, later, earlier).assign_attrs(
            long_name=f"change of {_label(self.values)}", units=_unit(self.values)
        )
        return estimate(changes, self.over, self.level)

    def _with_effect(self, finding: Finding) -> Finding:
        effect = self.end_to_end.summary
        return replace(finding, statement=f"{finding.statement}; from end to end {effect}")


def power_law(
    values: xr.DataArray, along: str, over: str = "seed", level: float = LEVEL
) -> Estimate:
    """Estimate the exponent k in ``values ∝ coordinate**k``, the median over seeds.

    Each seed's exponent is the least-squares slope in log-log; it is NaN, unknown, where a value is
    not positive and finite. Raises ValueError unless the axis holds two different positive points.
    """
    values = _with_coordinates(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.log(values[along].to_numpy().astype(float))
        logs = np.log(values.where(np.isfinite(values)))
    if not np.all(np.isfinite(points)) or np.ptp(points) == 0:
        raise ValueError(f"power_law(along={along!r}): the axis needs different, positive points")
    centred = xr.DataArray(points - points.mean(), dims=along)
    slopes = (logs.drop_vars(along) * centred).sum(along, skipna=False) / (centred**2).sum()
    slopes = slopes.where(np.isfinite(slopes))
    name = f"exponent of {_label(values)} in {along}"
    return estimate(slopes.assign_attrs(long_name=name, units=""), over, level)


def agreement(
    a: xr.DataArray, b: xr.DataArray, *, rtol: float | None = None, atol: float | None = None
) -> Finding:
    """Judge an identity: every number of ``a`` is that of ``b`` to within a tolerance.

    Give ``rtol``, a share of the larger of the two, or ``atol``, in their own unit. There is no
    chance in this, so there is no p-value; the interval runs from the smallest to the largest
    deviation. Two infinities of one sign agree. A NaN leaves the finding undecided, unless a
    deviation refutes it already. Raises ValueError for anything but one tolerance, or if the two
    do not hold the same coordinates.
    """
    if (rtol is None) == (atol is None):
        raise ValueError("agreement() takes one tolerance: rtol=, a share, or atol=, in the unit")
    tolerance = rtol if rtol is not None else atol
    assert tolerance is not None
    deviation = _paired(_relative_deviation if atol is None else _deviation, a, b)
    known = deviation.to_numpy()[~np.isnan(deviation.to_numpy())]
    first, second = _labels_of_two(a, b)
    if known.size == 0:
        raise ValueError(f"{first} and {second}: there is not one number to compare")
    absent, largest = deviation.size - known.size, float(known.max())
    where = np.unravel_index(np.nanargmax(deviation.to_numpy()), deviation.shape)
    unit = "" if atol is None else _unit(a)
    return Finding(
        verdict=_verdict_of_agreement(largest <= tolerance, absent),
        statement=(
            f"{first} and {second} differ by at most {_number(largest)}"
            f"{_after_space('of the larger' if atol is None else unit)}"
            f" over {_count(known.size, 'number')}, held to {tolerance:g}"
            + (f"; {absent} have no value" if absent else "")
        ),
        measured=largest,
        interval=(float(known.min()), largest),
        n=known.size,
        unit=unit,
        details=(f"they differ most {_place(deviation, where)}",) if deviation.ndim else (),
    )


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Benjamini and Hochberg); None stays None."""
    known = [p for p in p_values if p is not None]
    if not known:
        return list(p_values)
    adjusted = iter(stats.false_discovery_control(known).tolist())
    return [None if p is None else next(adjusted) for p in p_values]


@dataclass(frozen=True)
class _Region:
    """Where the median should lie; None is no bound. ``strict`` leaves the bounds out."""

    words: str
    low: float | None = None
    high: float | None = None
    strict: bool = False
    denial: str = ""

    def verdict(self, low: float, high: float) -> Verdict:
        """Judge an interval by where it lies."""
        if not (self._short_of(low) or self._beyond(high)):
            return Verdict.SUPPORTED
        if self._short_of(high) or self._beyond(low):
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def margin(self, low: float, high: float) -> float:
        """By how much an interval keeps inside the region; negative if it does not."""
        ends = [low - self.low] if self.low is not None and math.isfinite(self.low) else []
        if self.high is not None and math.isfinite(self.high):
            ends.append(self.high - high)
        return min(ends, default=0.0)

    def outside(self, sample: np.ndarray) -> list[np.ndarray]:
        """Which values lie outside, for each side that has a bound."""
        sides = [self._short_of(sample)] if self.low is not None else []
        return sides + ([self._beyond(sample)] if self.high is not None else [])

    def say(self, verdict: Verdict) -> str:
        """The region, as the end of a sentence about an interval with this verdict."""
        if verdict is Verdict.REFUTED:
            return self.denial or f"not {self.words}"
        return self.words if verdict is Verdict.SUPPORTED else f"undecided whether {self.words}"

    def _short_of(self, value: Any) -> Any:
        if self.low is None:
            return False
        return value <= self.low if self.strict else value < self.low

    def _beyond(self, value: Any) -> Any:
        if self.high is None:
            return False
        return value >= self.high if self.strict else value > self.high


def _median_and_interval(sample: np.ndarray, level: float) -> tuple[float, float, float]:
    """The median of what is known, and the interval's ends wherever the unknown values lie."""
    unknown = np.isnan(sample)
    low, high = (
        getattr(
            stats.quantile_test(np.where(unknown, worst, sample)).confidence_interval(level), end
        )
        for end, worst in (("low", -math.inf), ("high", math.inf))
    )
    return (
        math.nan if unknown.all() else _median(sample[~unknown]),
        -math.inf if np.isnan(low) else float(low),
        math.inf if np.isnan(high) else float(high),
    )


def _median(sample: np.ndarray) -> float:
    """The median; between a finite value and +inf it is +inf, and between two +inf too."""
    middle = np.sort(sample)[[(sample.size - 1) // 2, sample.size // 2]]
    return float(middle[0] if middle[0] == middle[1] else middle.sum() / 2)


def _seeds_needed(level: float) -> int:
    return math.ceil(math.log2(2 / (1 - level)) - 1e-9)


def _minus(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return a - b


def _over(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((a == 0) & (b == 0), 1.0, a / b)


def _deviation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a == b, 0.0, np.abs(_minus(a, b)))


def _relative_deviation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    larger = np.maximum(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(np.isinf(larger), math.inf, _deviation(a, b) / larger)
    share = np.where(a == b, 0.0, share)
    return np.where(np.isnan(a) | np.isnan(b), math.nan, share)


def _verdict_of_agreement(close: bool, absent: int) -> Verdict:
    if not close:
        return Verdict.REFUTED
    return Verdict.INCONCLUSIVE if absent else Verdict.SUPPORTED


def _paired(
    operation: Callable[[np.ndarray, np.ndarray], np.ndarray], a: xr.DataArray, b: xr.DataArray
) -> xr.DataArray:
    try:
        return xr.apply_ufunc(operation, a.astype(float), b.astype(float), join="exact")
    except ValueError as error:
        raise ValueError(
            f"{_label(a)} and {_label(b)} do not pair: they differ in their coordinates ({error})"
        ) from error


def _require(values: xr.DataArray, dim: str) -> None:
    if dim not in values.dims:
        known = ", ".join(map(str, values.dims)) or "none"
        raise ValueError(f"{_label(values)} has no dimension {dim!r}; its dimensions: {known}")


def _with_coordinates(values: xr.DataArray) -> xr.DataArray:
    """Number the points of every dimension that has no coordinate."""
    return values.assign_coords(
        {dim: np.arange(values.sizes[dim]) for dim in values.dims if dim not in values.coords}
    )


def _label(values: xr.DataArray) -> str:
    return str(values.attrs.get("long_name") or values.name or "value")


def _unit(values: xr.DataArray) -> str:
    return str(values.attrs.get("units", ""))


def _place(values: xr.DataArray, cell: Sequence[SupportsIndex]) -> str:
    """Say where a cell is: "at alpha = 8, epsilon = 0.25"."""
    numbered = _with_coordinates(values)
    return "at " + ", ".join(
        _coordinate(str(dim), numbered[dim].to_numpy()[index])
        for dim, index in zip(values.dims, cell, strict=True)
    )


def _coordinate(dim: str, value: object) -> str:
    return f"{dim} {value}" if isinstance(value, str) else f"{dim} = {_number(value)}"


def _labels_of_two(a: xr.DataArray, b: xr.DataArray) -> tuple[str, str]:
    """Label both, each with the coordinates that it does not share with the other."""
    points = [
        {str(k): v.to_numpy()[()] for k, v in values.coords.items() if v.ndim == 0}
        for values in (a, b)
    ]
    labels = []
    for values, own, others in zip((a, b), points, reversed(points), strict=True):
        apart = [_coordinate(k, v) for k, v in own.items() if k in others and others[k] != v]
        labels.append(_label(values) + (f" at {', '.join(apart)}" if apart else ""))
    return labels[0], labels[1]


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, (int, float, np.number)) else str(value)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _after_space(words: str) -> str:
    return f" {words}" if words else ""
