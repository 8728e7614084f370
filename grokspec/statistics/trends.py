"""Changes of a quantity along an axis: from point to point, as a power law, as an exponential."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from grokspec.formatting import exact
from grokspec.statistics.estimates import LEVEL, Estimate, estimate
from grokspec.statistics.finding import Finding
from grokspec.statistics.quantities import (
    label_of,
    minus,
    paired,
    require,
    unit_of,
    with_coordinates,
)


def trend(values: xr.DataArray, along: str, over: str = "seed", level: float = LEVEL) -> Trend:
    """Compare neighboring points of an axis, in the order of its coordinate.

    Raises ValueError if there is no such axis, it has fewer than two points, or they have no order.
    """
    require(values, along)
    if values.sizes[along] < 2:
        raise ValueError(f"{label_of(values)} has one point along {along!r}: a trend takes two")
    values = with_coordinates(values)
    points = values[along]
    if points.isnull().any() or points.to_series().duplicated().any():
        raise ValueError(
            f"trend(along={along!r}): a point has no value or that of another, so that there is no "
            "next one; select points that differ"
        )
    return Trend(values.sortby(along), along, over, level)


@dataclass(frozen=True)
class Trend:
    """Paired changes of a quantity along an axis, from lower to higher coordinate."""

    values: xr.DataArray = field(repr=False)  # in the order of the axis
    along: str
    over: str
    level: float

    @property
    def increases(self) -> Finding:
        """Judge "the quantity is larger at every next point": each step's interval is above 0."""
        return self._with_effect(self.steps.above(0))

    @property
    def decreases(self) -> Finding:
        """Judge "the quantity is smaller at every next point": each step's interval is below 0."""
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
        """The change from the lowest to the highest point."""
        return self._changes([(0, self._last)])

    @property
    def _last(self) -> int:
        return self.values.sizes[self.along] - 1

    def _changes(self, pairs: Sequence[tuple[int, int]]) -> Estimate:
        points = self.values[self.along].to_numpy()
        labels = [f"{exact(points[i])} → {exact(points[j])}" for i, j in pairs]
        earlier, later = (
            self.values.isel({self.along: [pair[side] for pair in pairs]}).assign_coords(
                {self.along: labels}
            )
            for side in (0, 1)
        )
        changes = paired(minus, later, earlier).assign_attrs(
            long_name=f"change of {label_of(self.values)}", units=unit_of(self.values)
        )
        return estimate(changes, self.over, self.level)

    def _with_effect(self, finding: Finding) -> Finding:
        effect = self.end_to_end.summary
        return replace(finding, statement=f"{finding.statement}; from end to end {effect}")


def power_law(
    values: xr.DataArray, along: str, over: str = "seed", level: float = LEVEL
) -> Estimate:
    """Estimate the exponent k in ``values ∝ coordinate**k``, the median over seeds.

    The exponent of a seed is the least-squares slope in log-log; it is NaN (unknown) if a value is
    not positive and finite. Raises ValueError unless the axis has two different positive points.
    """
    values = with_coordinates(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.log(values[along].to_numpy().astype(float))
    if not _can_be_fitted(points):
        raise ValueError(f"power_law(along={along!r}): the axis needs different, positive points")
    exponents = _slopes(_logarithms(values), points, along)
    name = f"exponent of {label_of(values)} in {along}"
    return estimate(exponents.assign_attrs(long_name=name, units=""), over, level)


@dataclass(frozen=True)
class Exponential:
    """What `exponential` estimates."""

    rate: Estimate
    """The rate k."""
    departures: Estimate
    """At each point, the values over those of the fit: 1 on the exponential. The departures of a
    seed multiply to 1, so a quantity that grows otherwise lies above it in one place and below in
    another."""


def exponential(
    values: xr.DataArray, along: str, over: str = "seed", level: float = LEVEL
) -> Exponential:
    """Fit ``values ∝ exp(k × coordinate)``, and estimate k and by what factor the fit is missed.

    The rate of a seed is the least-squares slope of the logarithms. Both are NaN (unknown), at all
    points, for a seed with a value that is not positive and finite: an event that never happened
    has no place on a fit. Raises ValueError unless the axis has two different points.
    """
    require(values, along)
    values = with_coordinates(values)
    points = values[along]
    if points.dtype.kind not in "fiu" or not _can_be_fitted(points.to_numpy()):
        raise ValueError(f"exponential(along={along!r}): the axis needs different numbers")
    logs = _logarithms(values)
    rates = _slopes(logs, points.to_numpy(), along)
    fitted = logs.mean(along, skipna=False) + rates * (points - points.mean())
    with np.errstate(over="ignore"):
        factors = np.exp(logs - fitted)
    factors = factors.where(np.isfinite(factors))
    of = label_of(values)
    rates = rates.assign_attrs(long_name=f"rate of {of} in {along}", units="")
    factors = factors.assign_attrs(long_name=f"{of} over its exponential in {along}", units="")
    return Exponential(estimate(rates, over, level), estimate(factors, over, level))


def _can_be_fitted(points: np.ndarray) -> bool:
    """Whether a line can be laid through values at these points."""
    return bool(np.all(np.isfinite(points)) and np.ptp(points) > 0)


def _logarithms(values: xr.DataArray) -> xr.DataArray:
    """NaN where a value is not positive and finite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values.where(np.isfinite(values)))
    return logs.where(np.isfinite(logs))


def _slopes(logs: xr.DataArray, points: np.ndarray, along: str) -> xr.DataArray:
    """Least-squares slopes over the points; NaN where a value is."""
    centered = xr.DataArray(points - points.mean(), dims=along)
    slopes = (logs.drop_vars(along) * centered).sum(along, skipna=False) / (centered**2).sum()
    return slopes.where(np.isfinite(slopes))
