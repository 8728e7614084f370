"""RMSprop (Tieleman and Hinton, 2012), as torch.optim.RMSprop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class RMSprop(Optimizer):
    """The gradient over the root of its moving mean square, with ``g = ∇L + κw``.

    ``s ← αs + (1 − α)g²``, ``v ← μv + g/(√s + ε)``, ``w ← w − ηv``. Centered, ``√(s − m²)`` stands
    for ``√s``, with ``m ← αm + (1 − α)g``.
    """

    kind: Literal["rmsprop"] = "rmsprop"
    smoothing: Annotated[
        float, Field(ge=0, lt=1, description="Decay rate α of the moving means.")
    ] = 0.99
    epsilon: Annotated[float, Field(gt=0, description="Added to the denominator.")] = 1e-8
    centered: Annotated[
        bool, Field(description="Divide by the gradient's moving standard deviation.")
    ] = False
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ of the steps.")] = 0.0

    elementwise: ClassVar[bool] = True

    def start(self, weight: Stacked) -> State:
        used = {"square": True, "mean": self.centered, "velocity": self.momentum > 0}
        return {name: weight.new_zeros(weight.shape) for name, is_used in used.items() if is_used}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        gradient = gradient + decay * weight
        square, kept = state["square"], self.smoothing
        square.mul_(kept).addcmul_(gradient, gradient, value=1 - kept)
        if self.centered:
            mean = state["mean"].lerp_(gradient, 1 - kept)
            square = square.addcmul(mean, mean, value=-1)
        moved = gradient / square.sqrt().add_(self.epsilon)
        if self.momentum:
            moved = state["velocity"].mul_(self.momentum).add_(moved)
        weight.addcmul_(moved, rate, value=-1)
