"""Gradient descent, the paper's "vanilla GD"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from torch import Tensor


class GradientDescent(Optimizer):
    """``w ← w − η(∇L + κw)``, as torch.optim.SGD."""

    kind: Literal["gradient_descent"] = "gradient_descent"

    def start(self, weights: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """No state."""
        return {name: {} for name in weights}

    def step(
        self,
        weight: Tensor,
        gradient: Tensor,
        state: dict[str, Tensor],
        rate: Tensor,
        decay: Tensor,
    ) -> None:
        """Move one stacked weight in place."""
        weight.mul_(1 - rate * decay).addcmul_(gradient, rate, value=-1)
