"""A factor at some steps, as torch.optim.lr_scheduler.StepLR and MultiStepLR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.kinds import PerRun, invalid
from grokspec.schedules.base import Schedule

if TYPE_CHECKING:
    from grokspec.schedules.base import Factors, Steps

Milestone = Annotated[int, Field(ge=1)]


class StepDecline(Schedule):
    """Multiplied by ``factor`` again and again: every so many steps, or at those listed."""

    kind: Literal["step"] = "step"
    factor: Annotated[PerRun, Field(ge=0, description="What it is multiplied by.")] = 0.1
    every: Annotated[
        int | None,
        Field(ge=1, description="Steps from one time to the next.", examples=[1000]),
    ] = None
    at: Annotated[
        tuple[Milestone, ...],
        Field(strict=False, description="In place of `every`: the steps, from the warm-up's end."),
    ] = ()

    @model_validator(mode="after")
    def _has_times(self) -> StepDecline:
        if (self.every is None) == (not self.at):
            raise invalid("needs either every, a number of steps, or at, a list of them", "every")
        return self

    def after_warmup(self, steps: Steps, length: int) -> Factors:
        import numpy as np

        if self.every is not None:
            return float(self.factor) ** (steps // self.every)
        return float(self.factor) ** np.searchsorted(np.sort(self.at), steps, side="right")
