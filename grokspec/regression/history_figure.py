"""A history as a figure: a panel for each claim, in which its effect is drawn over the sides."""

from __future__ import annotations

import io
import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.figures._evidence.scales import apply_scale, limits
from grokspec.figures._style import VERDICTS, settings
from grokspec.formatting import count
from grokspec.html import allowed
from grokspec.regression.history import ClaimHistory, History
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST_PANELS = 60
"""Of more claims, the first ones are drawn."""

MOST_TICKS = 12
"""How many sides are named below a panel."""

MOST_LARGE = 20
"""Up to so many sides, medians are large marks."""

WIDTH, HEIGHT = 3.6, 2.3
"""Of a panel, in inches."""

LOOKS = {**VERDICTS, Verdict.NOT_RUN: ("0.6", "|")}
"""Color and marker of every verdict."""


def save_history(history: History, file: Path) -> None:
    """Draw into a file, in the format of its ending; the same history gives the same file."""
    undated = {"Date": None} if file.suffix.lower() == ".svg" else None
    with settings():
        draw_history(history).savefig(file, metadata=undated)


def history_as_svg(history: History) -> bytes:
    """The figure as an SVG document."""
    file = io.BytesIO()
    with settings():
        draw_history(history).savefig(file, format="svg", metadata={"Date": None})
    return allowed(file.getvalue().decode()).encode()


def draw_history(history: History) -> Canvas:
    """A panel for each claim, in their order."""
    from matplotlib.figure import Figure as Canvas

    claims = history.claims[:MOST_PANELS]
    columns = min(3, max(1, math.ceil(math.sqrt(len(claims)))))
    rows = max(1, math.ceil(len(claims) / columns))
    with settings():
        canvas = Canvas(figsize=(WIDTH * columns, HEIGHT * rows + 0.6), layout="constrained")
        panels = canvas.subplots(rows, columns, squeeze=False).ravel()
        for axes, claim in zip(panels, claims, strict=False):
            _draw(axes, history, claim)
        for axes in panels[len(claims) :]:
            axes.set_axis_off()
        if not claims:
            panels[0].text(0.5, 0.5, "no claim changed", ha="center", color="0.3")
        _write_key(canvas, history, len(claims))
    return canvas


def _draw(axes: Axes, history: History, claim: ClaimHistory) -> None:
    """The effect of a claim on each side that has it, and where the claim says it lies."""
    _fit(axes, claim)
    for at in range(len(history.sides)):
        _region(axes, claim, at)
        _point(axes, claim, at)
    for change in claim.changes:
        axes.axvline(change.side - 0.5, color="0.75", linewidth=0.8, linestyle=":", zorder=0)
    title = textwrap.shorten(f"{claim.full_id}  {claim.sentence}", 110, placeholder=" …")
    axes.set_title(textwrap.fill(title, 46), fontsize="small", loc="left", parse_math=False)
    quantity = textwrap.shorten(claim.effect_name, 66, placeholder=" …")
    unit = f" ({claim.unit})" if claim.unit else ""
    axes.set_ylabel(textwrap.fill(quantity + unit, 28), fontsize="x-small", parse_math=False)
    _name_sides(axes, history)


def _name_sides(axes: Axes, history: History) -> None:
    """Write the names of the sides below, or of some of them if they are many."""
    stride = math.ceil(len(history.sides) / MOST_TICKS)
    shown = range(len(history.sides) - 1, -1, -stride)
    names = [textwrap.shorten(history.sides[at].name, 24, placeholder="…") for at in shown]
    axes.set_xticks(
        list(shown), names, rotation=30, ha="right", fontsize="x-small", parse_math=False
    )
    axes.set_xlim(-0.5, len(history.sides) - 0.5)


def _fit(axes: Axes, claim: ClaimHistory) -> None:
    """Set the scale and the limits, with room at an end for infinite values."""
    effects = [point.effect for point in claim.points if point and point.effect]
    reached = [x for e in effects for x in (e.measured, *(e.interval or ()))]
    numbers = [*reached, *(x for e in effects for x in e.bounds or ())]
    if not any(map(math.isfinite, numbers)):
        axes.set_yticks([])
    apply_scale(axes, "y", numbers)
    margins = [0.2 if end in reached else 0.1 for end in (-math.inf, math.inf)]
    axes.set_ylim(limits(axes.yaxis, numbers, margins))
    axes.tick_params(axis="y", labelsize="x-small")
    axes.yaxis.get_offset_text().set_fontsize("x-small")
    for end, edge, name in ((-math.inf, 0.0, "−∞"), (math.inf, 1.0, "∞")):
        if end in reached:
            axes.text(1.01, edge, name, transform=axes.transAxes, va="center", fontsize="small")


def _region(axes: Axes, claim: ClaimHistory, at: int) -> None:
    """Where the claim says the effect lies, on one side: the bounds may change, too."""
    point = claim.points[at]
    if point is None or point.effect is None or point.effect.bounds is None:
        return
    color, _ = VERDICTS[Verdict.SUPPORTED]
    bottom, top = axes.get_ylim()
    low, high = point.effect.bounds
    width = (at - 0.5, at + 0.5)
    if low < top and high > bottom:
        axes.fill_between(width, max(low, bottom), min(high, top), color=color, alpha=0.1, lw=0)
    for bound in {low, high}:
        if math.isfinite(bound):
            axes.plot(width, (bound, bound), "--", color="0.2", linewidth=1, zorder=1.5)


def _point(axes: Axes, claim: ClaimHistory, at: int) -> None:
    """The median and the interval, in the color of the verdict; the sign if there are none."""
    point = claim.points[at]
    if point is None:
        return
    color, marker = LOOKS[point.verdict]
    if point.effect is None:
        _at_edge(axes, at, 0.04, marker, 5, color)
        return
    bottom, top = axes.get_ylim()
    low, high = point.effect.interval or (point.effect.measured,) * 2
    if low < math.inf and high > -math.inf:
        axes.plot([at, at], [max(low, bottom), min(high, top)], color=color, linewidth=2.5)
    if low == -math.inf:
        _at_edge(axes, at, 0.0, "v", 7, color)
    if high == math.inf:
        _at_edge(axes, at, 1.0, "^", 7, color)
    if math.isfinite(point.effect.measured):
        size = 7 if len(claim.points) <= MOST_LARGE else 4
        looks: dict[str, Any] = {"markersize": size, "markeredgecolor": "white", "zorder": 3}
        axes.plot(at, point.effect.measured, marker, color=color, **looks)


def _at_edge(axes: Axes, at: int, height: float, marker: str, size: float, color: str) -> None:
    """A mark at a height that is a share of the panel's."""
    axes.plot(
        at,
        height,
        marker,
        color=color,
        markersize=size,
        transform=axes.get_xaxis_transform(),
        clip_on=False,
        zorder=3,
    )


def _write_key(canvas: Canvas, history: History, shown: int) -> None:
    """What colors and lines mean, and whether there are more claims."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    verdicts = {p.verdict for claim in history.claims for p in claim.points if p}
    marks: list[Any] = [
        Line2D([], [], color=color, marker=marker, linestyle="", label=verdict.value)
        for verdict, (color, marker) in LOOKS.items()
        if verdict in verdicts
    ]
    allowed_color, _ = VERDICTS[Verdict.SUPPORTED]
    marks.append(Patch(color=allowed_color, alpha=0.1, label="where the claim says it lies"))
    marks.append(Line2D([], [], color="0.75", linestyle=":", label="changed"))
    more = len(history.claims) - shown
    title = f"{count(more, 'more claim')} not drawn" if more else None
    canvas.legend(handles=marks, loc="outside lower center", ncols=len(marks), title=title)
