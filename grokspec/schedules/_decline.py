"""What schedules have in common that fall from 1 to a last factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.schedules.base import Schedule

if TYPE_CHECKING:
    from jaxtyping import Float64
    from numpy import ndarray

    from grokspec.schedules.base import Steps


class Decline(Schedule):
    """From 1 to a last factor in some steps; it stays there."""

    final: Annotated[PerRun, Field(ge=0, description="The last factor.")] = 0.0
    steps: Annotated[
        int | None,
        Field(ge=1, description="Steps after the warm-up until then; by default all that remain."),
    ] = None

    @property
    def depends_on_length(self) -> bool:
        return self.steps is None

    def progress(self, steps: Steps, length: int) -> Float64[ndarray, " step"]:
        """How much of the way is done, from 0 to 1."""
        import numpy as np

        return np.minimum(steps / (self.steps or length), 1.0)
