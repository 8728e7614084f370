"""The inverse square root of Vaswani et al. (2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.schedules.base import Schedule

if TYPE_CHECKING:
    from grokspec.schedules.base import Factors, Steps


class InverseRoot(Schedule):
    """``√(s/(s + t))`` at the step t after the warm-up."""

    kind: Literal["inverse_root"] = "inverse_root"
    scale: Annotated[
        int | None,
        Field(ge=1, description="Steps s; by default those of the warm-up.", examples=[1000]),
    ] = None

    @model_validator(mode="after")
    def _has_a_scale(self) -> InverseRoot:
        if self.scale is None and self.warmup == 0:
            raise invalid("without a warm-up, needs a scale: a number of steps", "scale")
        return self

    def after_warmup(self, steps: Steps, length: int) -> Factors:
        import numpy as np

        scale = self.scale or self.warmup
        return np.sqrt(scale / (scale + steps))
