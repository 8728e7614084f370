"""What a figure is: a drawing of a spec's results, described in the spec's ``[figure]`` table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from grokspec.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import xarray
    from matplotlib.figure import Figure as Canvas


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
