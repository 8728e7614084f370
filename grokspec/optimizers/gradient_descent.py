"""Gradient descent, the paper's "vanilla GD"."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class GradientDescent(Optimizer):
    """``w ← w − η(∇L + κw)``, as torch.optim.SGD."""

    kind: Literal["gradient_descent"] = "gradient_descent"

    elementwise: ClassVar[bool] = True

    def start(self, weight: Stacked) -> State:
        return {}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        weight.mul_(1 - rate * decay).addcmul_(gradient, rate, value=-1)
