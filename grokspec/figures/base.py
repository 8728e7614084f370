"""What a figure is: a drawing of a spec's results, described in the spec's ``[figure]`` table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import xarray
    from matplotlib.figure import Figure as Canvas


def axes_of(results: xarray.Dataset) -> list[str]:
    """The axes that a figure can tell apart: those of the sweep, without the seed."""
    return [str(dim) for dim in results.dims if dim not in ("seed", "record")]


def require_named(results: xarray.Dataset, named: list[str | None]) -> None:
    """Refuse to pool over an axis that the figure does not name; only seeds are pooled."""
    for axis in axes_of(results):
        if axis not in named and results.sizes[axis] > 1:
            raise GrokspecError(
                f"figure: the sweep varies {axis!r}, which the figure does not name; name it, or "
                "vary it in a spec of its own"
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
