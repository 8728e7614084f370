"""Weights times a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.interventions._of_weights import OfWeights, put
from grokspec.interventions.base import along
from grokspec.kinds import PerRun

if TYPE_CHECKING:
    from grokspec.interventions.base import Subject, Turn


class ScaleWeights(OfWeights):
    """Multiplies weights by a factor; what the optimizer remembers stays as it is."""

    kind: Literal["scale_weights"] = "scale_weights"
    factor: Annotated[PerRun, Field(ge=0, description="The factor.", examples=[2.0])]

    def act(self, subject: Subject, turn: Turn) -> None:
        for weight in self.chosen(subject.weights).values():
            put(turn, weight, along(turn.numbers["factor"], weight) * weight)
