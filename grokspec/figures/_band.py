"""The median of a quantity over seeds and the band around it, as far as an axis can show them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grokspec.figures import _style as style
from grokspec.figures._evidence.scales import LARGEST, WIDE, limits
from grokspec.formatting import count
from grokspec.measures.base import over

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import xarray
    from matplotlib.axes import Axes

BAND = (0.1, 0.9)
"""The quantiles over seeds at the edges of the band; the line is the median."""


@dataclass(frozen=True)
class Band:
    """The median of a quantity and the edges of its band at each recorded step."""

    name: str
    steps: np.ndarray | None
    """None for a quantity that is taken once: a horizontal line."""
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    positive: bool
    """Whether the axis has positive numbers only, so that there are gaps at others."""
    settled: np.ndarray
    """The numbers of the runs that did not diverge."""

    @classmethod
    def of(cls, results: xarray.Dataset, name: str, positive: bool) -> Band:
        """The band of the runs in the results."""
        values = _over_baseline(results, name)
        band = cls._of(results, name, values, positive)
        diverged = results["status"] == "diverged"
        if not diverged.any():
            return band
        others = cls._of(results, name, values.where(~diverged), positive)
        return replace(band, settled=others.settled)

    @classmethod
    def _of(
        cls, results: xarray.Dataset, name: str, values: xarray.DataArray, positive: bool
    ) -> Band:
        import numpy as np

        pooled = [dim for dim in values.dims if dim != "record"]
        steps = None
        if "record" in values.dims:
            # Runs that record different steps are drawn at the latest step of each record.
            steps = results["step"].max([dim for dim in results["step"].dims if dim != "record"])
            recorded = steps >= 0  # shorter runs have fewer records than the longest of the sweep
            values, steps = values.isel(record=recorded), steps.isel(record=recorded).to_numpy()
        values = values.clip(-LARGEST, LARGEST)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of steps that no run reached
            middle = np.atleast_1d(values.median(pooled))
            low, high = (np.atleast_1d(values.quantile(q, pooled)) for q in BAND)
        band = cls(name, steps, low, middle, high, positive, settled=middle)
        return replace(band, settled=band.shown)

    @property
    def known(self) -> np.ndarray:
        """All numbers."""
        import numpy as np

        edges = () if self.steps is None else (self.low, self.high)
        numbers = np.concatenate([self.middle, *edges])
        return numbers[np.isfinite(numbers)]

    @property
    def shown(self) -> np.ndarray:
        """All numbers that the axis can show."""
        return self.known[self._on_axis(self.known)]

    def draw(self, axes: Axes, shade: Any) -> None:
        """Draw the line, as a dot where it has no length, and the band."""
        import numpy as np

        dashes, there = style.LINES.get(self.name, "-"), self._on_axis(self.middle)
        if self.steps is None:
            if there.all():
                axes.axhline(float(self.middle[0]), color="0.3", linestyle=dashes, linewidth=1)
            return
        alone = there & ~np.append(False, there[:-1]) & ~np.append(there[1:], False)
        dots = {"marker": ".", "markevery": np.flatnonzero(alone).tolist()} if alone.any() else {}
        line = np.where(there, self.middle, np.nan)
        axes.plot(self.steps, line, linestyle=dashes, color=shade, **dots)
        axes.fill_between(
            self.steps,
            self.low,
            self.high,
            where=self._on_axis(self.low).tolist(),
            color=shade,
            alpha=0.18,
            linewidth=0,
        )

    def _on_axis(self, numbers: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.isfinite(numbers) & (numbers >= 1 / LARGEST if self.positive else True)


def explain(axes: Axes, results: xarray.Dataset, bands: Sequence[Band]) -> str:
    """Say in a panel what its axis does not show, and fit the axis to the runs that finished.

    Returns the reason why there is nothing to show; empty if there is something.
    """
    known, shown, settled = (_all_of(bands, each) for each in ("known", "shown", "settled"))
    diverged = int((results["status"] == "diverged").sum())
    runs = diverged + int(results["status"].isin(["finished", "ended"]).sum())
    some = f"{'all' if diverged == runs else f'{diverged} of'} {count(runs, 'run')}"
    if not shown.size:
        reason = "no value is above zero, and the axis is logarithmic"
        if not known.size:
            reason = f"{some} diverged at the start" if diverged else _why_unknown(results)
        axes.set_yscale("linear")
        axes.set_yticks([])
        axes.text(0.5, 0.5, reason, transform=axes.transAxes, ha="center", wrap=True, color="0.3")
        return reason
    notes = ["gaps: not above zero"] if shown.size < known.size else []
    if diverged:
        notes.append(f"{some} diverged, drawn up to there")
    if ended := int((results["status"] == "ended").sum()):
        notes.append(f"{ended} of {count(runs, 'run')} ended early, drawn on at their last value")
    if settled.size and abs(shown).max() / WIDE > abs(settled).max():
        notes.append("the axis is that of the others")
        _fit(axes, settled)
    if notes:
        _write(axes, notes)
    return ""


def _why_unknown(results: xarray.Dataset) -> str:
    if "baseline" in results and not results["baseline"].any():
        return "losses are shown over that of the zero predictor, which is zero"
    return "no value is known"


def _all_of(bands: Sequence[Band], numbers: str) -> np.ndarray:
    import numpy as np

    return np.concatenate([getattr(band, numbers) for band in bands])


def _fit(axes: Axes, numbers: np.ndarray) -> None:
    """Limit the vertical axis to these numbers; one that starts at zero still does."""
    bottom, top = limits(axes.yaxis, numbers, (0.05, 0.05))
    from_zero = axes.get_yscale() == "linear" and axes.get_ylim()[0] == 0
    axes.set_ylim(0 if from_zero else bottom, top)


def _write(axes: Axes, notes: Sequence[str]) -> None:
    axes.text(
        0.02,
        0.02,
        "\n".join(notes),
        transform=axes.transAxes,
        va="bottom",
        fontsize="x-small",
        color="0.3",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
    )


def _over_baseline(results: xarray.Dataset, name: str) -> xarray.DataArray:
    """A quantity; if it is a loss, over that of the zero predictor where that was recorded."""
    values = results[name]
    return over(values, results["baseline"]) if is_loss(name) and "baseline" in results else values


def is_loss(name: str) -> bool:
    """Whether a quantity is a loss or a part of one."""
    return name.endswith(("_loss", "_error", "_power"))
