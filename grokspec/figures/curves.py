"""Learning curves against the logarithm of the step (Fig. 1b, 1c, 3a, 3b, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from grokspec.errors import GrokspecError
from grokspec.figures import _style as style
from grokspec.figures._band import BAND, Band, explain, is_loss
from grokspec.figures._key import Key, draw_keys
from grokspec.figures.base import (
    Available,
    Figure,
    Objection,
    part_at,
    pooled_points,
    unrecorded_quantity,
)
from grokspec.formatting import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class Curves(Figure):
    """A column of panels for each list of quantities, a row for each value of one axis.

    Losses are divided by that of the zero predictor where ``baseline`` is recorded. Within a panel,
    colors stand for another axis and dashes for the quantity; a quantity that is taken once is a
    horizontal line.
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
        Field(description="Scale of the vertical axes; that of accuracies and shares is linear."),
    ] = "linear"

    def objections(self, available: Available) -> Iterator[Objection]:
        for row, panel in enumerate(self.panels):
            for place, name in enumerate(panel):
                yield from unrecorded_quantity(available, name, "panels", row, place)
        yield from pooled_points(available, color=self.color, across=self.across)

    def draw(self, results: xarray.Dataset) -> Canvas:
        from matplotlib.figure import Figure as Canvas

        self.require(results)
        rows = style.values_of(results, self.across)
        points = style.in_order(style.values_of(results, self.color))
        shades = dict(zip(points, style.colors(len(points)), strict=True))
        with style.settings():
            size = (3.4 * len(self.panels) + 0.4, 2.8 * len(rows) + 0.5)
            canvas = Canvas(figsize=size, layout="constrained")
            grid = canvas.subplots(len(rows), len(self.panels), squeeze=False, sharex=True)
            keys: list[tuple[Axes, Key]] = []
            missing: list[str] = []
            for axes_row, part in zip(grid, self._rows(results, rows), strict=True):
                for axes, names in zip(axes_row, self.panels, strict=True):
                    missing.append(self._panel(axes, part, names, shades))
                    keys.append((axes, self._key(part, names, shades)))
            if all(missing):
                raise GrokspecError(f"figure: there is nothing to draw: {missing[0]}")
            if self.across is not None:
                for axes_row, text in zip(grid, style.value_labels(self.across, rows), strict=True):
                    axes_row[0].set_title(text, parse_math=False)
            for axes in grid[-1]:
                axes.set_xlabel("step")
            last = max(1.0, float(results["step"].max()))
            if axes.get_xlim()[1] < last:  # the first panel has less, and all share its axis
                axes.set_xlim(right=1.05 * last)
            draw_keys(canvas, keys, style.value_labels(self.color, points) if self.color else [])
            canvas.supxlabel(
                f"lines: median over {count(results.sizes['seed'], 'seed')}; "
                f"bands: {BAND[0]:.0%} to {BAND[1]:.0%} of them",
                fontsize="x-small",
            )
        return canvas

    def _rows(self, results: xarray.Dataset, values: Sequence[Any]) -> list[xarray.Dataset]:
        """What each row of panels shows."""
        if self.across is None:
            return [results]
        return [part_at(results, self.across, value) for value in values]

    def _panel(
        self,
        axes: Axes,
        results: xarray.Dataset,
        names: tuple[str, ...],
        shades: Mapping[Any, Any],
    ) -> str:
        """Draw a panel; the reason why nothing can be drawn, empty if something is."""
        logarithmic = self.scale == "log" and not _are_shares(names)
        color = self._color_of(results, names)
        bands = []
        for point in style.values_of(results, color):
            part = results if color is None else part_at(results, color, point)
            for position, name in enumerate(names):
                bands.append(Band.of(part, name, logarithmic))
                bands[-1].draw(axes, f"C{position}" if color is None else shades[point])
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(left=0)
        if logarithmic:
            # A curve is cut where it touches zero, as that of centered power in linear modes does.
            axes.set_yscale("log", nonpositive="mask")
        elif len(names) > 1 and all((band.shown >= 0).all() for band in bands):
            axes.set_ylim(bottom=0)
        axes.set_ylabel(_common_label(results, names), parse_math=False)
        return explain(axes, results, bands)

    def _color_of(self, results: xarray.Dataset, names: tuple[str, ...]) -> str | None:
        """The axis that colors stand for, unless no quantity of the panel varies along it."""
        if self.color is None:
            return None
        (axis,) = results[self.color].dims
        return self.color if any(axis in results[name].dims for name in names) else None

    def _key(
        self, results: xarray.Dataset, names: tuple[str, ...], shades: Mapping[Any, Any]
    ) -> Key:
        """What the lines of a panel stand for: quantities by dashes, points by colors."""
        color = self._color_of(results, names)
        key: Key = {}
        if len(names) > 1:
            for position, name in enumerate(names):
                own = f"C{position}" if color is None and name not in style.LEVEL else "0.3"
                key[_label(results, name)] = own, style.LINES.get(name, "-")
        if color is not None:
            texts = dict(zip(shades, style.value_labels(color, list(shades)), strict=True))
            there = style.values_of(results, color)
            key |= {texts[point]: (shade, "-") for point, shade in shades.items() if point in there}
        return key


def _label(results: xarray.Dataset, name: str) -> str:
    """The name of a quantity, which says so if it is an estimate."""
    sampled = results[name].attrs.get("test_set") == "sampled"
    return f"{style.label(name)} (sampled)" if sampled else style.label(name)


def _common_label(results: xarray.Dataset, names: tuple[str, ...]) -> str:
    """What the vertical axis of a panel shows."""
    if len(names) == 1:
        return _label(results, names[0])
    if _are_accuracies(names):
        return "accuracy"
    if all(map(is_loss, names)):
        return "loss / zero predictor's" if "baseline" in results else "loss"
    return ", ".join(_label(results, name) for name in names)


def _are_accuracies(names: tuple[str, ...]) -> bool:
    return all(name.endswith("_accuracy") for name in names)


def _are_shares(names: tuple[str, ...]) -> bool:
    """Whether a panel shows accuracies or other shares, whose scale is always linear."""
    return all(name.endswith("_accuracy") or "_share" in name for name in names)
