"""Scales on which numbers stay distinct however many decades they span, and their limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.ticker import Locator

WIDE = 30.0
"""The least ratio of the largest to the smallest number for a logarithmic scale."""

DEEPEST = 1e-6
"""The smallest number that a scale through zero resolves, as a share of the largest."""

LARGEST = 1e150
"""The largest number at which an axis ends, and the inverse of the smallest above zero.

Numbers with margins and ticks around them must be numbers, too.
"""


Scale = Literal["auto", "linear", "log"]
"""How numbers lie on an axis: "auto" is what fits them; "log" is linear around a zero."""


def apply_scale(
    axes: Axes, axis: Literal["x", "y"], numbers: Iterable[float], scale: Scale = "auto"
) -> None:
    """Give an axis the scale that fits the finite numbers, or is asked for."""
    known = finite(numbers)
    name, settings = _scale_of(known, {"auto": WIDE, "linear": math.inf, "log": 1.0}[scale])
    set_scale = axes.set_xscale if axis == "x" else axes.set_yscale
    set_scale(name, **settings)
    if name == "linear":
        axes.ticklabel_format(axis=axis, useOffset=False)
        axes.locator_params(axis=axis, nbins=6)
    if name == "symlog":
        ticks = _symlog_ticks(abs(known).max(), **settings)
        (axes.xaxis if axis == "x" else axes.yaxis).set_major_locator(ticks)


def limits(axis: Axis, numbers: Iterable[float], margins: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis that contain the numbers, with margins as shares of their span."""
    transform = axis.get_transform()
    numbers = finite(numbers)
    if numbers.size == 0:
        return 0.0, 1.0
    low, high = transform.transform([numbers.min(), numbers.max()])
    span = (high - low) or 0.1 * abs(high) or 1.0
    ends = transform.inverted().transform([low - margins[0] * span, high + margins[1] * span])
    return float(ends[0]), float(ends[1])


def finite(numbers: Iterable[float]) -> np.ndarray:
    """The numbers that are neither infinite nor NaN, as far as axes reach (`LARGEST`)."""
    import numpy as np

    known = np.asarray(list(numbers), float)
    known = known[np.isfinite(known)].clip(-LARGEST, LARGEST)
    return np.where(np.abs(known) < 1 / LARGEST, 0.0, known)


def _scale_of(numbers: np.ndarray, wide: float) -> tuple[str, dict[str, Any]]:
    import numpy as np

    sizes = np.abs(numbers[numbers != 0])
    if sizes.size == 0:
        return "linear", {}
    smallest = max(np.quantile(sizes, 0.05), DEEPEST * sizes.max())
    if sizes.max() / smallest < wide:
        return "linear", {}
    if numbers.min() > 0:
        return "log", {}
    return "symlog", {"linthresh": 10 ** np.floor(np.log10(smallest))}


def _symlog_ticks(largest: float, linthresh: float) -> Locator:
    """Zero, and powers of ten of both signs as far as there is room for labels."""
    from matplotlib.ticker import FixedLocator

    first, last = round(math.log10(linthresh)) + 1, math.floor(math.log10(largest))
    stride = max(math.ceil((last - first + 1) / 2), 2)
    powers = [10.0**k for k in range(last, first - 1, -stride)]
    return FixedLocator([*(-power for power in powers), 0.0, *powers])
