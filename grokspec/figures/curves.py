"""Learning curves against the logarithm of the step (Fig. 1b, 3a, 3b, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.figures.base import Figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure as Canvas


class Curves(Figure):
    """One panel for each list of quantities; one colour for each value of an axis."""

    kind: Literal["curves"] = "curves"
    panels: Annotated[
        tuple[Annotated[tuple[str, ...], Field(strict=False, min_length=1)], ...],
        Field(strict=False, min_length=1, description="The quantities of each panel, side by side."),
    ]
    colour: Annotated[
        str | None, Field(description="The axis whose values are told apart by colour.")
    ] = None
    over_baseline: Annotated[
        bool, Field(description="Divide losses by the loss of the zero predictor.")
    ] = True
    log: Annotated[bool, Field(description="Whether the vertical axes are logarithmic.")] = True
    title: str = ""

    def draw(self, results: xarray.Dataset) -> Canvas:
        """Draw the results of the spec that this figure belongs to."""
        raise NotImplementedError
