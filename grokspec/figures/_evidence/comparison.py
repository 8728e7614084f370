"""A comparison, in two panels: one quantity against the other, and their deviation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from grokspec.figures._evidence.heading import write_heading
from grokspec.figures._evidence.scales import LARGEST, apply_scale, finite, limits
from grokspec.figures._style import VERDICTS
from grokspec.formatting import count
from grokspec.statistics.evidence import Comparison
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

CAPTION = (
    "left: one quantity against the other, equal on the line; right: their deviation; "
    "shaded: what the claim allows"
)


def height(part: Comparison) -> float:
    """The height of the drawing, in inches."""
    return 2.9


def caption(part: Comparison) -> str:
    """How to read the drawing."""
    return CAPTION


def draw(part: Comparison, canvas: SubFigure) -> None:
    """Draw both panels; numbers beyond the tolerance have the color of a refutation."""
    import numpy as np

    first, second, deviations = (
        np.asarray(numbers, float) for numbers in (part.first, part.second, part.deviations)
    )
    write_heading(canvas, _heading(part), part.verdict)
    left, right = canvas.subplots(1, 2)
    _against(left, part, first, second, deviations)
    _deviations(right, part, second, deviations)


def _heading(part: Comparison) -> str:
    allowed = f"{part.tolerance:g}{' of the larger' if part.relative else ''}"
    if part.unit and not part.relative:
        allowed += f" {part.unit}"
    equal = f"equal to within {allowed}" if part.tolerance > 0 else "exactly equal"
    numbers = count(part.count, "number")
    text = {
        Verdict.SUPPORTED: equal,
        Verdict.REFUTED: f"not {equal}",
        Verdict.INCONCLUSIVE: f"undecided whether {equal}",
    }[part.verdict]
    text = f"{part.verdict.word}: {text}, in {numbers} compared"
    if (shown := len(part.first)) < part.count:
        text += f", of which {shown:,} are shown, those that differ most among them"
    if part.unknown:
        text += f"; {part.unknown:,} unknown"
    return text


def _against(
    axes: Axes, part: Comparison, first: np.ndarray, second: np.ndarray, deviations: np.ndarray
) -> None:
    numbers = [*first, *second]
    apply_scale(axes, "x", numbers)
    apply_scale(axes, "y", numbers)
    axes.set_xlabel(_with_unit(part.quantities[1], part.unit), parse_math=False)
    axes.set_ylabel(_with_unit(part.quantities[0], part.unit), parse_math=False)
    ends = limits(axes.xaxis, numbers, (0.05, 0.05))
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.plot(ends, ends, "--", color="0.2", linewidth=1)
    _points(axes, second, first, deviations, part.tolerance)


def _deviations(axes: Axes, part: Comparison, second: np.ndarray, deviations: np.ndarray) -> None:
    """The scale is logarithmic, unless the tolerance is (nearly) zero."""
    logarithmic = part.tolerance >= 1 / LARGEST
    apply_scale(axes, "x", [*part.first, *part.second])
    axes.set_xlim(limits(axes.xaxis, [*part.first, *part.second], (0.05, 0.05)))
    if logarithmic:
        axes.set_yscale("log")
        positive = finite([*deviations[deviations >= 1 / LARGEST], part.tolerance])
        bottom, top = positive.min() / 10, positive.max() * 10
    else:
        top = 1.1 * (finite(deviations).max(initial=0.0) or 1.0)
        bottom = -0.05 * top
    axes.set_ylim(bottom, top)
    allowed, _ = VERDICTS[Verdict.SUPPORTED]
    axes.axhspan(bottom, part.tolerance, color=allowed, alpha=0.1, linewidth=0)
    axes.axhline(part.tolerance, linestyle="--", color="0.2", linewidth=1)
    _points(axes, second, deviations, deviations, part.tolerance)
    _exact(axes, second[deviations == 0] if logarithmic else second[:0])
    _infinite(axes, second[deviations == float("inf")])
    unit = "share of the larger" if part.relative else part.unit
    axes.set_ylabel(f"deviation ({unit})" if unit else "deviation", parse_math=False)
    axes.set_xlabel(_with_unit(part.quantities[1], part.unit), parse_math=False)


def _with_unit(quantity: str, unit: str) -> str:
    return textwrap.fill(f"{quantity} ({unit})" if unit else quantity, 42)


def _points(
    axes: Axes, x: np.ndarray, y: np.ndarray, deviations: np.ndarray, tolerance: float
) -> None:
    within = deviations <= tolerance
    for kept, verdict in ((within, Verdict.SUPPORTED), (~within, Verdict.REFUTED)):
        color, _ = VERDICTS[verdict]
        axes.plot(x[kept], y[kept], "o", color=color, alpha=0.4, markersize=3.5, markeredgewidth=0)


def _exact(axes: Axes, x: np.ndarray) -> None:
    """Draw numbers that do not deviate at all, at the lower edge of a logarithmic scale."""
    if x.size == 0:
        return
    _at_edge(axes, x, 0.02, "v", Verdict.SUPPORTED)
    axes.text(
        0.98,
        0.04,
        f"{x.size:,} without any (▾)",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize="x-small",
        color="0.3",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )


def _infinite(axes: Axes, x: np.ndarray) -> None:
    """Draw pairs of which only one number is infinite, at the upper edge."""
    _at_edge(axes, x, 0.98, "^", Verdict.REFUTED)


def _at_edge(axes: Axes, x: np.ndarray, height: float, marker: str, verdict: Verdict) -> None:
    """Draw marks in the color of a verdict, at a height that is a fraction of the axes."""
    color, _ = VERDICTS[verdict]
    axes.plot(
        x,
        [height] * x.size,
        marker,
        color=color,
        alpha=0.4,
        markersize=4,
        markeredgewidth=0,
        transform=axes.get_xaxis_transform(),
    )
