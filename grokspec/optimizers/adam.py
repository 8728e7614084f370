"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.base import Decay, Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked

Beta = Annotated[float, Field(ge=0, lt=1)]


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015) with weight decay added to the gradient, as torch.optim.Adam."""

    kind: Literal["adam"] = "adam"
    betas: Annotated[
        tuple[Beta, Beta],
        Field(strict=False, description="Decay rates of the gradient's two moving moments."),
    ] = (0.9, 0.999)
    epsilon: Annotated[float, Field(gt=0, description="Added to the denominator.")] = 1e-8

    elementwise: ClassVar[bool] = True

    def start(self, weight: Stacked) -> State:
        return {
            "count": weight.new_zeros(()),
            "mean": weight.new_zeros(weight.shape),
            "square": weight.new_zeros(weight.shape),
        }

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        self._move(weight, gradient + decay * weight, state, rate)

    def _move(self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked) -> None:
        first, second = self.betas
        count = state["count"].add_(1)
        mean = state["mean"].lerp_(gradient, 1 - first)
        square = state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = (square / (1 - second**count)).sqrt_().add_(self.epsilon)
        weight.sub_(rate / (1 - first**count) * mean / scale)


class AdamW(Adam):
    """AdamW (Loshchilov and Hutter, 2019): weights decay separately from the gradient step."""

    kind: Literal["adamw"] = "adamw"  # type: ignore[assignment]

    own_decay: ClassVar[Decay | None] = "decoupled"

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        weight.mul_(1 - rate * decay)
        self._move(weight, gradient, state, rate)
