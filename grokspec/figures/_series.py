"""A measure along an axis: the seeds, their median and its interval at each point, none dropped.

What never happened (+∞) has no height. It is drawn at the upper edge of the panel, and such runs
are counted above it, as are those of which no value is known (NaN).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from grokspec.figures._evidence.scales import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

STEP, SPREAD = 4.0, 14.0
"""How far series are moved apart so that their intervals can be seen, and at most all together."""

ROW = 8.5
"""The height of a row of counts. All three are in points."""

Look = Literal["bars", "band"]
"""How intervals are drawn."""


@dataclass(frozen=True)
class Point:
    """The runs at one point of the sweep."""

    at: float
    """Its place on the horizontal axis."""
    values: np.ndarray
    """One a run; +inf never happened, NaN is unknown."""
    median: float
    interval: tuple[float, float] | None
    """None if there are too few seeds for one."""

    @classmethod
    def of(cls, at: float, values: np.ndarray) -> Point:
        """A point with the median and the interval that a claim would be judged by."""
        import xarray

        from grokspec.statistics.estimates import estimate, seeds_needed

        found = estimate(xarray.DataArray(values, dims="seed"))
        ends = (float(found.low), float(found.high)) if values.size >= seeds_needed() else None
        return cls(at, values, float(found.median), ends)

    @property
    def numbers(self) -> list[float]:
        """All that a vertical axis must reach."""
        return [*self.values.tolist(), *(self.interval or ())]


@dataclass(frozen=True)
class Series:
    """The points of one color, from left to right."""

    points: tuple[Point, ...]
    shade: Any

    def draw(self, axes: Axes, shift: float, joined: bool, look: Look) -> None:
        """Draw within the limits that the axes have, moved to the right by ``shift`` points."""
        from matplotlib.transforms import ScaledTranslation

        assert axes.figure is not None
        moved = ScaledTranslation(shift / 72, 0, axes.figure.dpi_scale_trans)
        at = axes.transData + moved
        if joined:
            self._lines(axes, at)
        if look == "band":
            self._band(axes)
        for point in self.points:
            _seeds(axes, point, self.shade, at)
            if look == "bars":
                _bar(axes, point, self.shade, at)
        for point in self.points:
            _median(axes, point, self.shade, at)

    def _lines(self, axes: Axes, at: Transform) -> None:
        """Join the medians, by dots where one of two is infinite; a gap where one is unknown."""
        for one, other in pairwise(self.points):
            ends = [one.median, other.median]
            if not any(map(math.isnan, ends)):
                dashes = "-" if all(map(math.isfinite, ends)) else ":"
                heights = [_height(axes, end) for end in ends]
                places = [one.at, other.at]
                axes.plot(places, heights, dashes, color=self.shade, transform=at, zorder=2)

    def _band(self, axes: Axes) -> None:
        """Shade between the ends of neighboring intervals."""
        for one, other in pairwise(self.points):
            if one.interval and other.interval:
                ends = zip(one.interval, other.interval, strict=True)
                low, high = ([_height(axes, end) for end in both] for both in ends)
                places = [one.at, other.at]
                axes.fill_between(places, low, high, color=self.shade, alpha=0.18, linewidth=0)


def shifts(count: int) -> list[float]:
    """By how many points each of several series is moved to the right."""
    step = min(STEP, SPREAD / max(count - 1, 1))
    return [(position - (count - 1) / 2) * step for position in range(count)]


def write_counts(axes: Axes, drawn: Sequence[Series]) -> float:
    """Write above the panel how many runs have no height, and return the height of these rows.

    There is a row for each color that has such runs: first those of what never happened, then of
    what is unknown.
    """
    rows = 0
    for sign, value in (("∞", math.inf), ("−∞", -math.inf), ("?", math.nan)):
        for series in drawn:
            counts = [(point, _occurrences(value, point.values)) for point in series.points]
            if any(number for _, number in counts):
                _write_row(axes, rows, sign, [(p, n) for p, n in counts if n], series.shade)
                rows += 1
    return rows * ROW


def _occurrences(value: float, values: np.ndarray) -> int:
    import numpy as np

    return int((np.isnan(values) if math.isnan(value) else values == value).sum())


def _write_row(
    axes: Axes, row: int, sign: str, counts: Iterable[tuple[Point, int]], shade: Any
) -> None:
    from matplotlib.transforms import ScaledTranslation

    assert axes.figure is not None
    above = ScaledTranslation(0, (4 + ROW * row) / 72, axes.figure.dpi_scale_trans)
    looks = {"va": "bottom", "fontsize": 6.5, "color": shade, "parse_math": False}
    axes.text(-0.015, 1.0, sign, transform=axes.transAxes + above, ha="right", **looks)
    for point, number in counts:
        at = axes.get_xaxis_transform() + above
        text = f"{number}/{point.values.size}"
        axes.text(point.at, 1.0, text, transform=at, ha="center", **looks)


def _seeds(axes: Axes, point: Point, shade: Any, at: Transform) -> None:
    """A dot for each seed that has a height."""
    import numpy as np

    known = point.values[np.isfinite(point.values)].clip(-LARGEST, LARGEST)
    places = [point.at] * known.size
    (dots,) = axes.plot(places, known, "o", color=shade, alpha=0.3, transform=at, zorder=2.2)
    dots.set(markersize=3, markeredgewidth=0)


def _bar(axes: Axes, point: Point, shade: Any, at: Transform) -> None:
    """The interval; an arrow at an end that is infinite, and nothing if both are the same."""
    if point.interval is None or point.interval[0] == point.interval[1]:
        return
    heights = [_height(axes, end) for end in point.interval]
    axes.plot([point.at] * 2, heights, "-", color=shade, linewidth=1.1, transform=at, zorder=2.4)
    for end, height in zip(point.interval, heights, strict=True):
        if math.isinf(end):
            _mark(axes, point.at, height, "^" if end > 0 else "v", shade, at, size=4)


def _median(axes: Axes, point: Point, shade: Any, at: Transform) -> None:
    """A mark, hollow and at the edge of the panel if the median is infinite."""
    if math.isnan(point.median):
        return
    height = _height(axes, point.median)
    if math.isfinite(point.median):
        _mark(axes, point.at, height, "o", shade, at, size=5, markeredgecolor="white")
    else:
        marker = "^" if point.median > 0 else "v"
        hollow = {"markerfacecolor": "white", "markeredgewidth": 1.2}
        _mark(axes, point.at, height, marker, shade, at, size=6, **hollow)


def _mark(
    axes: Axes,
    x: float,
    y: float,
    marker: str,
    shade: Any,
    at: Transform,
    size: float,
    **looks: Any,
) -> None:
    (mark,) = axes.plot([x], [y], marker, color=shade, transform=at, clip_on=False, zorder=3)
    mark.set(markersize=size, **{"markeredgewidth": 0.6, **looks})


def _height(axes: Axes, value: float) -> float:
    """Where a number is drawn: an infinite one at the edge of the panel."""
    bottom, top = axes.get_ylim()
    if math.isinf(value):
        return top if value > 0 else bottom
    return min(max(value, -LARGEST), LARGEST)
