"""Sign descent, and with momentum Signum (Bernstein et al., 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.base import Decay, Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class SignDescent(Optimizer):
    """``m ← μm + (1 − μ)∇L``, ``w ← (1 − ηκ)w − η sign(m)``.

    The sign of zero is zero.
    """

    kind: Literal["sign_descent"] = "sign_descent"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ.")] = 0.0

    elementwise: ClassVar[bool] = True
    own_decay: ClassVar[Decay | None] = "decoupled"

    def start(self, weight: Stacked) -> State:
        return {"mean": weight.new_zeros(weight.shape)} if self.momentum else {}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        if self.momentum:
            gradient = state["mean"].lerp_(gradient, 1 - self.momentum)
        weight.mul_(1 - rate * decay).addcmul_(gradient.sign(), rate, value=-1)
