"""Lion (Chen et al., 2023): the sign of an interpolated momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.adam import Beta
from grokspec.optimizers.base import Decay, Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class Lion(Optimizer):
    """``w ← (1 − ηκ)w − η sign(β₁m + (1 − β₁)g)``, then ``m ← β₂m + (1 − β₂)g``."""

    kind: Literal["lion"] = "lion"
    betas: Annotated[
        tuple[Beta, Beta],
        Field(strict=False, description="β₁ of the step and β₂ of the momentum."),
    ] = (0.9, 0.99)

    elementwise: ClassVar[bool] = True
    own_decay: ClassVar[Decay | None] = "decoupled"

    def start(self, weight: Stacked) -> State:
        return {"mean": weight.new_zeros(weight.shape)}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        first, second = self.betas
        mean = state["mean"]
        sign = (mean * first).add_(gradient, alpha=1 - first).sign_()
        weight.mul_(1 - rate * decay).addcmul_(sign, rate, value=-1)
        mean.mul_(second).add_(gradient, alpha=1 - second)
