"""Intervals, drawn as a forest plot: a row for each cell, and the region that the claim states."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from grokspec.figures._evidence.heading import write_heading
from grokspec.figures._evidence.scales import apply_scale, limits
from grokspec.figures._style import VERDICTS
from grokspec.statistics.evidence import Cell, Intervals, Predictions
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

MOST_CELLS = 40
"""If there are more cells than this, only the weakest are drawn."""

CAPTION = "dots: one for each {over}; bars: {bars}; {region}"


def height(part: Intervals) -> float:
    """The height of the drawing, in inches."""
    return 1.0 + 0.27 * min(len(part.cells), MOST_CELLS)


def caption(part: Intervals) -> str:
    """How to read the drawing."""
    is_number = isinstance(part, Predictions)
    region = "dashed: the claim's number" if is_number else "shaded: where the claim says it lies"
    return CAPTION.format(over=part.over, bars=part.bars, region=region)


def draw(part: Intervals, canvas: SubFigure) -> None:
    """Draw the seeds, the median and the interval of each cell, and the region."""
    cells = _weakest(part.cells)
    axes = canvas.subplots()
    _fit(axes, part, cells)
    _region(axes, part.region)
    for row, cell in enumerate(cells):
        _seeds(axes, row, cell)
        _interval(axes, row, cell)
    axes.set_yticks(range(len(cells)), [_label(cell) for cell in cells], parse_math=False)
    axes.set_ylim(len(cells) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0, pad=8)
    quantity = textwrap.fill(part.quantity, 80)
    axes.set_xlabel(f"{quantity} ({part.unit})" if part.unit else quantity, parse_math=False)
    write_heading(canvas, _heading(part, len(cells)), part.verdict)


def _heading(part: Intervals, shown: int) -> str:
    """The verdict and the statement; if it does not hold, the sentence does not say it does."""
    total = len(part.cells)
    refuted = sum(cell.verdict is Verdict.REFUTED for cell in part.cells)
    holds, fails = part.claimed
    text = {
        Verdict.SUPPORTED: holds,
        Verdict.REFUTED: fails,
        Verdict.INCONCLUSIVE: f"undecided whether {holds}",
    }[part.verdict]
    if total > 1:
        text += f" in {refuted or 'each'} of {total} cells"
    if shown < total:
        text += f", of which the {shown} weakest are shown"
    return f"{part.verdict.word}: {text}"


def _weakest(cells: tuple[Cell, ...]) -> list[Cell]:
    """The cells that are drawn, in their own order."""
    kept = sorted(range(len(cells)), key=lambda i: cells[i].weakness)[:MOST_CELLS]
    return [cells[i] for i in sorted(kept)]


def _label(cell: Cell) -> str:
    never, unknown = cell.values.count(math.inf), sum(map(math.isnan, cell.values))
    counts = [f"{never} at ∞"] if never else []
    counts += [f"{unknown} unknown"] if unknown else []
    place = textwrap.fill(cell.place, 44)
    return f"{place} ({', '.join(counts)})".strip() if counts else place


def _fit(axes: Axes, part: Intervals, cells: list[Cell]) -> None:
    """Set the scale and the limits, with room at an end for infinite values."""
    numbers = [x for cell in cells for x in (*cell.values, *cell.interval)] + list(part.region)
    apply_scale(axes, "x", numbers)
    reached = [x for cell in cells for x in (*cell.values, *cell.interval)]
    margins = [0.1 if end in reached else 0.05 for end in (-math.inf, math.inf)]
    axes.set_xlim(limits(axes.xaxis, numbers, margins))
    for end, edge, name in ((-math.inf, 0.0, "−∞"), (math.inf, 1.0, "∞")):
        if end in reached or end == part.region[0] == math.inf:
            axes.text(edge, 1.0, name, transform=axes.transAxes, ha="center", va="bottom")


def _region(axes: Axes, region: tuple[float, float]) -> None:
    color, _ = VERDICTS[Verdict.SUPPORTED]
    left, right = axes.get_xlim()
    if region[0] == math.inf:  # the region contains nothing finite
        axes.plot([1, 1], [0, 1], "--", color="0.2", linewidth=1, transform=axes.transAxes)
        return
    axes.axvspan(max(region[0], left), min(region[1], right), color=color, alpha=0.1, linewidth=0)
    for bound in region:
        if math.isfinite(bound):
            axes.axvline(bound, linestyle="--", color="0.2", linewidth=1, zorder=1.5)


def _seeds(axes: Axes, row: int, cell: Cell) -> None:
    """A dot for each seed, spread over the height of the row in the order of the seeds."""
    color, _ = VERDICTS[cell.verdict]
    spread = 0.5 / max(len(cell.values) - 1, 1)
    for i, value in enumerate(cell.values):
        at = row - 0.25 + spread * i
        if value == math.inf:
            _at_edge(axes, 1.0, at, ">", 3.5, color, alpha=0.4)
        elif math.isfinite(value):
            axes.plot(value, at, "o", color=color, alpha=0.35, markersize=3, markeredgewidth=0)


def _interval(axes: Axes, row: int, cell: Cell) -> None:
    color, marker = VERDICTS[cell.verdict]
    left, right = axes.get_xlim()
    low, high = cell.interval
    if low == math.inf:
        _at_edge(axes, 1.0, row, ">", 9, color)
        return
    axes.plot([max(low, left), min(high, right)], [row, row], color=color, linewidth=2.5)
    if low == -math.inf:
        _at_edge(axes, 0.0, row, "<", 7, color)
    if high == math.inf:
        _at_edge(axes, 1.0, row, ">", 7, color)
    if math.isfinite(cell.median):
        axes.plot(
            cell.median, row, marker, color=color, markersize=8, markeredgecolor="white", zorder=3
        )


def _at_edge(
    axes: Axes, edge: float, y: float, marker: str, size: float, color: str, alpha: float = 1.0
) -> None:
    axes.plot(
        edge,
        y,
        marker,
        color=color,
        alpha=alpha,
        markersize=size,
        markeredgewidth=0,
        transform=axes.get_yaxis_transform(),
        clip_on=False,
        zorder=3,
    )
