"""Gradient descent with momentum (Fig. 13a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class Momentum(Optimizer):
    """``v ← μv + ∇L + κw``, ``w ← w − ηv``, as torch.optim.SGD with momentum."""

    kind: Literal["momentum"] = "momentum"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ.")] = 0.9

    elementwise: ClassVar[bool] = True

    def start(self, weight: Stacked) -> State:
        return {"velocity": weight.new_zeros(weight.shape)}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        velocity = state["velocity"].mul_(self.momentum).add_(gradient).add_(decay * weight)
        weight.addcmul_(velocity, rate, value=-1)
