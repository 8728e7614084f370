"""Learning curves against the logarithm of the step (Fig. 1b, 1c, 3a, 3b, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from grokspec.figures import _style as style
from grokspec.figures.base import (
    Available,
    Figure,
    Objection,
    part_at,
    pooled_points,
    unrecorded_quantity,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BAND = (0.1, 0.9)
"""The quantiles over seeds at the edges of the band; the line is the median."""


class Curves(Figure):
    """A column of panels for each list of quantities, a row for each value of one axis.

    Losses are divided by the loss of the zero predictor. Within a panel, colors stand for another
    axis and dashes for the quantity; a quantity that is taken once is a horizontal line.
    """

    kind: Literal["curves"] = "curves"
    panels: Annotated[
        tuple[Annotated[tuple[str, ...], Field(strict=False, min_length=1)], ...],
        Field(strict=False, min_length=1, description="The quantities of each panel."),
    ]
    color: Annotated[str | None, Field(description="The axis whose values differ in color.")] = None
    across: Annotated[
        str | None, Field(description="The axis that has a row of panels for each value.")
    ] = None

    scale: Annotated[
        Literal["linear", "log"],
        Field(description="Scale of the vertical axes; that of accuracies is always linear."),
    ] = "linear"

    def objections(self, available: Available) -> Iterator[Objection]:
        for row, panel in enumerate(self.panels):
            for place, name in enumerate(panel):
                yield from unrecorded_quantity(available, name, "panels", row, place)
        yield from pooled_points(available, color=self.color, across=self.across)

    def draw(self, results: xarray.Dataset) -> Canvas:
        import matplotlib
        from matplotlib.figure import Figure as Canvas

        self.require(results)
        rows = style.values_of(results, self.across)
        points = style.values_of(results, self.color)
        ordered = points if self.color is None else sorted(points)
        shades = dict(zip(ordered, style.colors(len(points)), strict=True))
        with matplotlib.rc_context(style.SETTINGS):
            size = (3.4 * len(self.panels) + 0.4, 2.8 * len(rows) + 0.5)
            canvas = Canvas(figsize=size, layout="constrained")
            grid = canvas.subplots(len(rows), len(self.panels), squeeze=False, sharex=True)
            for axes_row, value in zip(grid, rows, strict=True):
                part = results if value is None else part_at(results, str(self.across), value)
                for axes, names in zip(axes_row, self.panels, strict=True):
                    self._panel(axes, part, names, shades)
                if value is not None:
                    axes_row[0].set_title(style.value_label(str(self.across), value))
            for axes in grid[-1]:
                axes.set_xlabel("step")
            canvas.supxlabel(
                f"lines: median over {results.sizes['seed']} seeds; "
                f"bands: {BAND[0]:.0%} to {BAND[1]:.0%} of them",
                fontsize="x-small",
            )
        return canvas

    def _panel(
        self,
        axes: Axes,
        results: xarray.Dataset,
        names: tuple[str, ...],
        shades: Mapping[Any, Any],
    ) -> None:
        color = self._color_of(results, names)
        points = style.values_of(results, color)
        for point in points:
            part = results if point is None else part_at(results, str(color), point)
            for position, name in enumerate(names):
                self._curve(axes, part, name, f"C{position}" if point is None else shades[point])
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(left=0)
        if self.scale == "log" and not _are_accuracies(names):
            # A curve is cut where it touches zero, as that of centered power in linear modes does.
            axes.set_yscale("log", nonpositive="mask")
        elif len(names) > 1:
            axes.set_ylim(bottom=0)
        axes.set_ylabel(_common_label(names))
        self._legend(axes, names, color, {point: shades.get(point) for point in points})

    def _color_of(self, results: xarray.Dataset, names: tuple[str, ...]) -> str | None:
        """The axis that colors stand for, unless no quantity of the panel varies along it."""
        if self.color is None:
            return None
        (axis,) = results[self.color].dims
        return self.color if any(axis in results[name].dims for name in names) else None

    def _curve(self, axes: Axes, results: xarray.Dataset, name: str, shade: Any) -> None:
        values = _over_baseline(results, name)
        pooled = [dim for dim in values.dims if dim != "record"]
        middle = values.median(pooled)
        dashes = style.LINES.get(name, "-")
        if "record" not in values.dims:
            axes.axhline(float(middle), color="0.3", linestyle=dashes, linewidth=1)
            return
        # Runs that record different steps are drawn at the latest step of each record.
        steps = results["step"].max([dim for dim in results["step"].dims if dim != "record"])
        recorded = steps >= 0  # shorter runs have fewer records than the longest of the sweep
        steps, values, middle = (v.isel(record=recorded) for v in (steps, values, middle))
        low, high = (values.quantile(q, pooled).to_numpy() for q in BAND)
        axes.plot(steps, middle, linestyle=dashes, color=shade)
        axes.fill_between(steps, low, high, color=shade, alpha=0.18, linewidth=0)

    def _legend(
        self, axes: Axes, names: tuple[str, ...], color: str | None, shades: Mapping[Any, Any]
    ) -> None:
        from matplotlib.lines import Line2D

        handles = []
        if len(names) > 1:
            for position, name in enumerate(names):
                own = f"C{position}" if color is None and name not in style.LEVEL else "0.3"
                dashes = style.LINES.get(name, "-")
                handles.append(Line2D([], [], color=own, ls=dashes, label=style.label(name)))
        if color is not None:
            for point, shade in shades.items():
                text = style.value_label(color, point)
                handles.append(Line2D([], [], color=shade, label=text))
        if handles:
            axes.legend(handles=handles, loc="best")


def _common_label(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return style.label(names[0])
    return "accuracy" if _are_accuracies(names) else "loss / zero predictor's"


def _are_accuracies(names: tuple[str, ...]) -> bool:
    """Whether a panel shows accuracies, whose scale is always linear."""
    return all(name.endswith("_accuracy") for name in names)


def _over_baseline(results: xarray.Dataset, name: str) -> xarray.DataArray:
    """A quantity; if it is a loss or a part of one, over that of the zero predictor."""
    is_loss = name.endswith(("_loss", "_error", "_power"))
    values = results[name]
    return values / results["baseline"] if is_loss and "baseline" in results else values
