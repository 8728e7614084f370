"""Conditions: quantities of a run that have reached levels, and have stayed there."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from grokspec.kinds import LARGEST_NUMBER, SpecModel, invalid

EVERY = 10
"""After how many steps a condition is looked at again. To look takes about as long as a step."""


class Condition(SpecModel):
    """When something happens: each of these quantities has reached its level.

    The other keys are quantities that a probe takes, with the level of each:
    ``{ test_accuracy = 0.99, patience = 100 }``. They need not be recorded. A quantity has reached
    its level where it is on the other side of it than at the start, or exactly on it. With several,
    all have to be there at once.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float]

    patience: Annotated[
        int,
        Field(ge=0, le=LARGEST_NUMBER, description="For how many steps they have to stay there."),
    ] = 0
    every: Annotated[
        int, Field(ge=1, le=LARGEST_NUMBER, description="After how many steps to look again.")
    ] = EVERY

    @model_validator(mode="after")
    def _has_a_quantity(self) -> Condition:
        if not self.levels:
            raise invalid("names no quantity; write one with its level, like test_accuracy = 0.99")
        return self

    @property
    def levels(self) -> dict[str, float]:
        """The level of each quantity, by its name."""
        return dict(self.__pydantic_extra__)
