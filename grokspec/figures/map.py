"""A measure over two axes, in color (Fig. 3e)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.figures import _style as style
from grokspec.figures._evidence.scales import LARGEST
from grokspec.figures._measured import FigureOfMeasures, title
from grokspec.figures.base import Available, Objection, pooled_points
from grokspec.formatting import count, distinct_texts
from grokspec.formatting import number as as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class Map(FigureOfMeasures):
    """A panel for each measure: its median over seeds at every pair of values of two axes."""

    kind: Literal["map"] = "map"
    x: Annotated[str, Field(description="The axis from left to right.")]
    y: Annotated[str, Field(description="The axis from bottom to top.")]

    def objections(self, available: Available) -> Iterator[Objection]:
        yield from super().objections(available)
        yield from pooled_points(available, x=self.x, y=self.y)
        if any({self.x, self.y} <= along.keys() for along in available.axes.values()):
            reason = f'varies together with x = "{self.x}"; a map has two axes of their own'
            yield Objection(("y",), self.y, reason)

    def draw(self, results: xarray.Dataset) -> Canvas:
        import numpy as np
        from matplotlib.figure import Figure as Canvas

        self.require(results)
        with style.settings():
            canvas = Canvas(figsize=(4.0 * len(self.measures) + 0.4, 3.4), layout="constrained")
            panels = canvas.subplots(1, len(self.measures), squeeze=False)[0]
            grids = [
                self._panel(axes, results, name)
                for axes, name in zip(panels, self.measures, strict=True)
            ]
            if all(np.isnan(grid).all() for grid in grids):
                raise self.nothing_to_draw()
            seeds = count(results.sizes["seed"], "seed")
            caption = f"numbers: median over {seeds}; ∞: half never generalize"
            if any(np.isnan(grid).any() for grid in grids):
                caption += "; ?: none has a value"
            canvas.supxlabel(caption, fontsize="x-small")
        return canvas

    def _panel(self, axes: Axes, results: xarray.Dataset, name: str) -> np.ndarray:
        """Draw the numbers in a panel, and return them."""
        import numpy as np
        from matplotlib.colors import LogNorm

        values = self.measured(name, results)
        named = {results[axis].dims[0]: axis for axis in (self.x, self.y)}
        grid = values.median([dim for dim in values.dims if dim not in named])
        grid = grid.swap_dims(named).transpose(self.y, self.x)
        for axis in (self.x, self.y):
            if grid[axis].dtype.kind in "biuf":
                grid = grid.sortby(axis)
        numbers = grid.to_numpy()
        finite = numbers[np.isfinite(numbers)]
        positive = finite[finite > 0].clip(max=LARGEST)
        wide = positive.size > 0 and positive.max() > 30 * positive.min()
        spread = wide and finite.min() >= 0  # a zero has no color on a logarithmic scale
        colored = np.isfinite(numbers) & ((numbers > 0) | (not spread))
        image = axes.imshow(
            np.where(colored, numbers, np.nan).clip(-LARGEST, LARGEST),
            origin="lower",
            aspect="auto",
            cmap="viridis",
            norm=LogNorm() if spread else None,
        )
        shades = np.asarray(image.norm(numbers[colored]))
        middle = float(np.median(shades)) if shades.size else 0.5
        for (row, column), number in np.ndenumerate(numbers):
            dark = colored[row, column] and np.asarray(image.norm(number)) < max(middle, 0.5)
            text = "?" if np.isnan(number) else "∞" if np.isinf(number) else as_text(number)
            axes.text(column, row, text, ha="center", va="center", color="w" if dark else "k")
        x, y = (distinct_texts(grid[axis].values.tolist()) for axis in (self.x, self.y))
        axes.set_xticks(range(len(x)), x, parse_math=False)
        axes.set_yticks(range(len(y)), y, parse_math=False)
        axes.set_xlabel(style.label(self.x), parse_math=False)
        axes.set_ylabel(style.label(self.y), parse_math=False)
        axes.set_title(title(values), parse_math=False)
        axes.spines[:].set_visible(False)
        return numbers
