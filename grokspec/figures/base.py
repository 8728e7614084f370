"""What a figure is: a drawing of a spec's results, described in the spec's ``[figure]`` table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import xarray
    from matplotlib.figure import Figure as Canvas


def axes_of(results: xarray.Dataset) -> list[str]:
    """The axes that a figure can tell apart: those of the sweep, without the seed."""
    return [str(dim) for dim in results.dims if dim not in ("seed", "record")]


def coordinates_of(results: xarray.Dataset) -> list[str]:
    """The axes, and what is zipped with them and so lies along one of them."""
    axes = axes_of(results)
    riders = [str(n) for n, c in results.coords.items() if c.ndim == 1 and c.dims[0] in axes]
    return [*axes, *(name for name in riders if name not in axes)]


def part_at(results: xarray.Dataset, coordinate: str, value: Any) -> xarray.Dataset:
    """The points of a sweep that have a value of a coordinate; along its axis there may be none."""
    (axis,) = results[coordinate].dims
    return results.isel({axis: (results[coordinate] == value).to_numpy().nonzero()[0]})


def require_named(results: xarray.Dataset, named: list[str | None]) -> None:
    """Refuse to pool points that the named coordinates do not tell apart; only seeds are pooled."""
    for axis in axes_of(results):
        along = [results[n].to_numpy().tolist() for n in named if n and results[n].dims == (axis,)]
        if results.sizes[axis] > max(1, len(set(zip(*along, strict=True)))):
            raise GrokspecError(
                f"figure: the sweep varies {axis!r}, whose points the figure does not tell apart; "
                "name it, or vary it in a spec of its own"
            )


class Figure(Kind, family="figure"):
    """The base of every figure."""

    @abstractmethod
    def draw(self, results: xarray.Dataset) -> Canvas:
        """Draw the results of the spec that this figure belongs to."""

    def save(self, results: xarray.Dataset, file: Path) -> None:
        """Draw into a file whose ending says the format; the same results make the same file."""
        import matplotlib

        from grokspec.figures.style import SETTINGS

        undated = {"Date": None} if file.suffix.lower() == ".svg" else None
        with matplotlib.rc_context(SETTINGS):
            self.draw(results).savefig(file, metadata=undated)
