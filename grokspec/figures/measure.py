"""A measure along an axis of the sweep, with intervals over seeds: delay against weight decay."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from grokspec.figures import _style as style
from grokspec.figures._evidence.scales import Scale, apply_scale, finite, limits
from grokspec.figures._key import Key, draw_keys
from grokspec.figures._measured import FigureOfMeasures, title
from grokspec.figures._series import Look, Point, Series, shifts, write_counts
from grokspec.figures.base import Available, Objection, part_at, pooled_points
from grokspec.formatting import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST_TICKS, CLOSEST = 9, 0.09
"""How many values of the horizontal axis have a tick each, and how close two of them may be, as a
share of the axis."""

LABEL, CAPTION, TICKS = 36, 68, 40
"""How many characters there is room for beside a panel and below it, and in the labels of ticks
before they are tilted."""


class MeasureAlongAxis(FigureOfMeasures):
    """A column of panels for each measure along one axis, a row for each value of another.

    Colors stand for a third axis. Marks are medians over seeds, joined by lines where the axis has
    numbers; small dots are the seeds. Intervals are those by which claims are judged: at 95%, and
    from six seeds on. What never happens (+∞) is marked at the upper edge, and the number of such
    runs, and of those without a value, is above the panel.
    """

    kind: Literal["measure"] = "measure"
    x: Annotated[str, Field(description="The axis from left to right.")]
    color: Annotated[str | None, Field(description="The axis whose values differ in color.")] = None
    across: Annotated[
        str | None, Field(description="The axis that has a row of panels for each value.")
    ] = None
    scale: Annotated[
        Scale,
        Field(description="Scale of the vertical axes; around zero a logarithmic one is linear."),
    ] = "auto"
    x_scale: Annotated[
        Scale, Field(description="Scale of the horizontal axes; zero may be on a logarithmic one.")
    ] = "auto"
    interval: Annotated[Look, Field(description="How intervals are drawn.")] = "bars"

    def objections(self, available: Available) -> Iterator[Objection]:
        yield from super().objections(available)
        yield from pooled_points(available, x=self.x, color=self.color, across=self.across)
        yield from self._named_twice()
        along = next((found[self.x] for found in available.axes.values() if self.x in found), ())
        yield from self._wrong_scale(along)

    def _named_twice(self) -> Iterator[Objection]:
        taken = {self.x: "x"}
        for field in ("color", "across"):
            name = getattr(self, field)
            if name in taken:
                reason = f"{taken[name]} is that axis already; name another, or leave {field} out"
                yield Objection((field,), name, reason)
            elif name is not None:
                taken[name] = field

    def _wrong_scale(self, values: Sequence[Any]) -> Iterator[Objection]:
        """An objection to a scale that the values of the horizontal axis cannot have."""
        if self.x_scale == "auto":
            return
        others = [value for value in values if not _is_number(value)]
        negative = [value for value in values if _is_number(value) and value < 0]
        if others:
            (text, *_) = style.tick_labels(
                [None if value != value else value for value in others[:1]]
            )
            reason = f'{self.x} has "{text}", which is no number; leave x_scale out'
            yield Objection(("x_scale",), self.x_scale, reason)
        elif negative and self.x_scale == "log":
            reason = f"{self.x} has {min(negative):g}, which has no logarithm; choose another scale"
            yield Objection(("x_scale",), self.x_scale, reason)

    def draw(self, results: xarray.Dataset) -> Canvas:
        from matplotlib.figure import Figure as Canvas

        self.require(results)
        rows = style.values_of(results, self.across)
        ticks = style.in_order(style.values_of(results, self.x))
        points = style.in_order(style.values_of(results, self.color))
        with style.settings():
            size = (3.4 * len(self.measures) + 0.4, 2.8 * len(rows) + 0.5)
            canvas = Canvas(figsize=size, layout="constrained")
            grid = canvas.subplots(len(rows), len(self.measures), squeeze=False, sharey="col")
            texts = [""] if self.across is None else style.value_labels(self.across, rows)
            drawn: list[Series] = []
            for position, (panels, name) in enumerate(zip(grid.T, self.measures, strict=True)):
                values = self.measured(name, results)
                parts = self._parts(results[["status"]].assign(value=values), rows)
                column = [self._series(part, ticks, points) for part in parts]
                _scale_heights(panels, [series for row in column for series in row], self.scale)
                for axes, row, text in zip(panels, column, texts, strict=True):
                    axes.set_ylabel(textwrap.fill(title(values), LABEL), parse_math=False)
                    self._panel(axes, row, ticks, text if position == 0 else "")
                    drawn += row
                panels[-1].set_xlabel(style.label(self.x), parse_math=False)
            if all(math.isnan(point.median) for series in drawn for point in series.points):
                raise self.nothing_to_draw()
            draw_keys(canvas, [(axes, self._key(points)) for axes in grid.flat])
            caption = textwrap.fill(_caption(drawn, self.interval), CAPTION * len(self.measures))
            canvas.supxlabel(caption, fontsize="x-small")
        return canvas

    def _parts(self, measured: xarray.Dataset, rows: Sequence[Any]) -> list[xarray.Dataset]:
        """What each row of panels shows."""
        if self.across is None:
            return [measured]
        return [part_at(measured, self.across, value) for value in rows]

    def _series(
        self, measured: xarray.Dataset, ticks: Sequence[Any], points: Sequence[Any]
    ) -> list[Series]:
        """The series of each color in a panel, without the points that the sweep has not."""
        series = []
        for point, shade in zip(points, style.colors(len(points)), strict=True):
            part = measured if self.color is None else part_at(measured, self.color, point)
            cells = {place: _runs(part_at(part, self.x, tick)) for tick, place in _places(ticks)}
            there = [Point.of(place, runs) for place, runs in cells.items() if runs.size]
            series.append(Series(tuple(there), shade))
        return series

    def _panel(self, axes: Axes, row: Sequence[Series], ticks: Sequence[Any], text: str) -> None:
        """Draw a panel, and write a text above it."""
        _scale_places(axes, ticks, self.x_scale)
        apart = shifts(len(row)) if self.interval == "bars" else [0.0] * len(row)
        for series, shift in zip(row, apart, strict=True):
            series.draw(axes, shift, all(map(_is_number, ticks)), self.interval)
        counts = write_counts(axes, row)
        axes.set_title(text, parse_math=False, pad=6 + counts)

    def _key(self, points: Sequence[Any]) -> Key:
        """What colors stand for."""
        if self.color is None:
            return {}
        texts, shades = style.value_labels(self.color, points), style.colors(len(points))
        return {text: (shade, "-") for text, shade in zip(texts, shades, strict=True)}


def _runs(part: xarray.Dataset) -> np.ndarray:
    """The values of the runs that there are."""
    import numpy as np
    import xarray

    values, status = xarray.broadcast(part["value"], part["status"])
    return np.asarray(values.to_numpy()[status.to_numpy() != "absent"], float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _places(ticks: Sequence[Any]) -> list[tuple[Any, float]]:
    """Each value with its place on the axis; if not all are numbers, one beside the other."""
    numbers = all(map(_is_number, ticks))
    return [(tick, float(tick if numbers else place)) for place, tick in enumerate(ticks)]


def _scale_heights(panels: Sequence[Axes], column: Sequence[Series], scale: Scale) -> None:
    """Give the panels of a measure one vertical scale, with room for what is infinite."""
    numbers = [number for series in column for point in series.points for number in point.numbers]
    margins = [0.14 if end in numbers else 0.06 for end in (-math.inf, math.inf)]
    for axes in panels:
        apply_scale(axes, "y", numbers, scale)
        axes.set_ylim(limits(axes.yaxis, numbers, margins))
        if not finite(numbers).size:
            axes.set_yticks([])


def _scale_places(axes: Axes, ticks: Sequence[Any], scale: Scale) -> None:
    """Give a panel its horizontal scale, with a tick at each value unless they are too many."""
    places = [place for _, place in _places(ticks)]
    named = not all(map(_is_number, ticks))
    if named:
        scale = "linear"
    elif scale == "auto":
        scale = _natural_scale(places)
    apply_scale(axes, "x", places, scale)
    axes.set_xlim(limits(axes.xaxis, places, (0.07, 0.07)))
    if named or (len(places) <= MOST_TICKS and _are_apart(axes, places)):
        texts = style.tick_labels(ticks)
        axes.set_xticks(places, texts, parse_math=False)
        axes.set_xticks([], minor=True)
        if sum(len(text) + 2 for text in texts) > TICKS:
            for label in axes.get_xticklabels():
                label.set(rotation=30, ha="right", rotation_mode="anchor")


def _natural_scale(places: Sequence[float]) -> Literal["linear", "log"]:
    """The scale on which numbers lie more evenly; that of the positive ones, if one is zero."""
    import numpy as np

    positive = np.sort([place for place in places if place > 0])
    if min(places) < 0 or positive.size < 3:
        return "linear"
    uneven = [np.std(gaps) / np.mean(gaps) for gaps in map(np.diff, (positive, np.log(positive)))]
    return "log" if uneven[1] < uneven[0] else "linear"


def _are_apart(axes: Axes, places: Sequence[float]) -> bool:
    """Whether there is room for a label at each place."""
    import numpy as np

    transform = axes.xaxis.get_transform()
    at = np.sort(transform.transform(np.array(places, float)))
    left, right = transform.transform(np.array(axes.get_xlim()))
    return bool((np.diff(at) >= CLOSEST * (right - left)).all())


def _caption(drawn: Sequence[Series], look: Look) -> str:
    """How to read the figure."""
    from grokspec.statistics.estimates import LEVEL, seeds_needed

    points = [point for series in drawn for point in series.points]
    numbers = sorted({point.values.size for point in points})
    seeds = count(numbers[-1], "seed")
    if len(numbers) > 1:
        seeds = f"{numbers[0]} to {seeds}"
    parts = [f"marks: median over {seeds}, the small dots"]
    if any(point.interval for point in points):
        parts.append(f"{look}: {LEVEL:.0%} interval of the median")
    if numbers[0] < seeds_needed():
        parts.append(f"an interval takes {seeds_needed()} seeds")
    values = [value for point in points for value in point.values.tolist()]
    if any(map(math.isinf, values)):
        parts.append("∞ n/m: n of m never happen")
    if any(map(math.isnan, values)):
        parts.append("? n/m: n of m have no value")
    return "; ".join(parts)
