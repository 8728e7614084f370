"""Gradient descent with momentum (Fig. 13a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from torch import Tensor


class Momentum(Optimizer):
    """``v ← μv + ∇L + κw``, ``w ← w − ηv``, as torch.optim.SGD with momentum."""

    kind: Literal["momentum"] = "momentum"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ.")] = 0.9

    def start(self, weights: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """The velocity, zero."""
        return {
            name: {"velocity": weight.new_zeros(weight.shape)} for name, weight in weights.items()
        }

    def step(
        self,
        weight: Tensor,
        gradient: Tensor,
        state: dict[str, Tensor],
        rate: Tensor,
        decay: Tensor,
    ) -> None:
        """Move one stacked weight and its velocity in place."""
        velocity = state["velocity"].mul_(self.momentum).add_(gradient).add_(decay * weight)
        weight.addcmul_(velocity, rate, value=-1)
