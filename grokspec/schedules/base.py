"""What a schedule is: a factor on the rate, or on the weight decay, for each step."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from grokspec.kinds import Kind, PerRun, Stackable

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float64, Int64

    Steps = Int64[np.ndarray, " step"]
    Factors = Float64[np.ndarray, " step"]


class Schedule(Kind, family="schedule"):
    """The base of every schedule: a linear warm-up, then what its kind says.

    The rate of the first step has the number 0, as in torch.optim.lr_scheduler.
    """

    warmup: Annotated[
        int,
        Stackable(),
        Field(ge=0, description="Steps in which the factor rises linearly to 1.", examples=[10]),
    ] = 0
    warmup_from: Annotated[
        PerRun, Field(ge=0, description="The factor at the first step of the warm-up.")
    ] = 0.0

    def factors(self, steps: Steps, length: int) -> Factors:
        """The factor at some steps of a training of this length."""
        import numpy as np

        found = self.after_warmup(np.maximum(steps - self.warmup, 0), max(length - self.warmup, 1))
        if self.warmup:
            risen = np.minimum(steps / self.warmup, 1.0)
            found = found * (self.warmup_from + (1 - self.warmup_from) * risen)
        return found

    @abstractmethod
    def after_warmup(self, steps: Steps, length: int) -> Factors:
        """The factor at some steps, of so many; both are counted from the end of the warm-up."""
