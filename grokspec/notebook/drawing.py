"""An interval against its region as a small SVG picture, on one line."""

from __future__ import annotations

import math

from grokspec.evidence import Cell, Intervals
from grokspec.notebook.html import escaped

WIDTH, HEIGHT = 320, 34
MIDDLE = 11
"""Where the line lies, in pixels from the top."""

MARGIN = 0.12
"""Share of what is shown that is left free at either side."""


def interval_as_svg(cell: Cell, part: Intervals, colour: str) -> str:
    """The region as a band, in it or beside it the interval as a bar and the median as a dot.

    An end without a bound reaches the edge. Nothing is drawn where all numbers are infinite.
    """
    numbers = [*cell.interval, cell.median, *part.region]
    finite = [number for number in numbers if math.isfinite(number)]
    if not finite:
        return ""
    scale = _Scale(min(finite), max(finite))
    told = f"median {cell.median:.3g}, interval {_ends(cell.interval)}, {part.demand}"
    low, high = (scale.place(end) for end in cell.interval)
    first, last = (scale.place(end) for end in part.region)
    shapes = [
        f'<rect x="{first:.1f}" y="1" width="{last - first:.1f}" height="{2 * MIDDLE - 2}" '
        'fill="currentColor" opacity="0.13"/>',
        f'<line x1="0" y1="{MIDDLE}" x2="{WIDTH}" y2="{MIDDLE}" stroke="currentColor" '
        'opacity="0.3"/>',
        f'<line x1="{low:.1f}" y1="{MIDDLE}" x2="{high:.1f}" y2="{MIDDLE}" stroke="{colour}" '
        'stroke-width="4"/>',
    ]
    if not math.isnan(cell.median):
        shapes.append(
            f'<circle cx="{scale.place(cell.median):.1f}" cy="{MIDDLE}" r="5" fill="{colour}"/>'
        )
    shapes += _labels(part.region, scale)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><title>{escaped(told)}</title>{"".join(shapes)}</svg>'
    )


class _Scale:
    """From numbers to pixels, with a margin; what is infinite lies on the edge."""

    def __init__(self, low: float, high: float) -> None:
        span = high - low or abs(high) or 1.0
        self._low, self._span = low - MARGIN * span, (high - low or span) + 2 * MARGIN * span
        if low == high:
            self._low = low - self._span / 2

    def place(self, number: float) -> float:
        """In pixels from the left."""
        return min(max((number - self._low) / self._span, 0.0), 1.0) * WIDTH


def _labels(region: tuple[float, float], scale: _Scale) -> list[str]:
    """The bounds below the region, to either side of it if there are two."""
    bounded = sum(map(math.isfinite, region)) == 2
    anchors = ("end", "start") if bounded else ("middle", "middle")
    return [
        f'<text x="{scale.place(bound):.1f}" y="{HEIGHT - 2}" text-anchor="{anchor}" '
        f'font-size="10" fill="currentColor" opacity="0.7">{bound:g}</text>'
        for bound, anchor in zip(region, anchors, strict=True)
        if math.isfinite(bound)
    ]


def _ends(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"[{low:.3g}, {high:.3g}]"
