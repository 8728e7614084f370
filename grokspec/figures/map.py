"""A measure over two axes, in color (Fig. 3e)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.figures import _style as style
from grokspec.figures.base import Available, Figure, Objection, pooled_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class Map(Figure):
    """A panel for each measure: its median over seeds at every pair of values of two axes."""

    kind: Literal["map"] = "map"
    measures: Annotated[
        tuple[str, ...],
        Field(strict=False, min_length=1, description="Measures, by name, side by side."),
    ]
    x: Annotated[str, Field(description="The axis from left to right.")]
    y: Annotated[str, Field(description="The axis from bottom to top.")]

    def objections(self, available: Available) -> Iterator[Objection]:
        yield from pooled_points(available, x=self.x, y=self.y)

    def draw(self, results: xarray.Dataset) -> Canvas:
        import matplotlib
        from matplotlib.figure import Figure as Canvas

        self.require(results)
        with matplotlib.rc_context(style.SETTINGS):
            canvas = Canvas(figsize=(4.0 * len(self.measures) + 0.4, 3.4), layout="constrained")
            panels = canvas.subplots(1, len(self.measures), squeeze=False)[0]
            for axes, name in zip(panels, self.measures, strict=True):
                self._panel(axes, results, name)
            canvas.supxlabel(
                f"numbers: median over {results.sizes['seed']} seeds; ∞: half never generalize",
                fontsize="x-small",
            )
        return canvas

    def _panel(self, axes: Axes, results: xarray.Dataset, name: str) -> None:
        import numpy as np
        from matplotlib.colors import LogNorm

        from grokspec.measures import measure_named

        values = measure_named(name)(results)
        pooled = [dim for dim in values.dims if dim not in (self.x, self.y)]
        grid = values.median(pooled).transpose(self.y, self.x).sortby(self.y).sortby(self.x)
        numbers = grid.to_numpy()
        finite = numbers[np.isfinite(numbers)]
        spread = finite.size > 0 and finite.min() > 0 and finite.max() > 30 * finite.min()
        image = axes.imshow(
            np.where(np.isfinite(numbers), numbers, np.nan),
            origin="lower",
            aspect="auto",
            cmap="viridis",
            norm=LogNorm() if spread else None,
        )
        middle = float(np.median(np.asarray(image.norm(finite)))) if finite.size else 0.5
        for (row, column), number in np.ndenumerate(numbers):
            dark = np.isfinite(number) and float(np.asarray(image.norm(number))) < max(middle, 0.5)
            text = "∞" if np.isinf(number) else f"{number:.3g}"
            axes.text(column, row, text, ha="center", va="center", color="w" if dark else "k")
        axes.set_xticks(range(grid.sizes[self.x]), [f"{v:g}" for v in grid[self.x].to_numpy()])
        axes.set_yticks(range(grid.sizes[self.y]), [f"{v:g}" for v in grid[self.y].to_numpy()])
        axes.set_xlabel(style.label(self.x))
        axes.set_ylabel(style.label(self.y))
        unit = values.attrs.get("units", "")
        axes.set_title(values.attrs["long_name"] + (f" ({unit})" if unit else ""))
        axes.spines[:].set_visible(False)
