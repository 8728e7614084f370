"""Gradient descent with momentum (Fig. 13a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.optimizers.base import Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked


class Momentum(Optimizer):
    """``v ← μv + (1 − τ)(∇L + κw)``, ``w ← w − ηv``, as torch.optim.SGD with momentum.

    At the first step ``v = ∇L + κw``, without dampening, as there.
    """

    kind: Literal["momentum"] = "momentum"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ.")] = 0.9

    dampening: Annotated[float, Field(ge=0, le=1, description="Dampening τ.")] = 0.0
    nesterov: Annotated[bool, Field(description="Look ahead: w ← w − η(∇L + κw + μv).")] = False

    elementwise: ClassVar[bool] = True

    @model_validator(mode="after")
    def _nesterov_is_not_dampened(self) -> Momentum:
        if self.nesterov and (self.momentum == 0 or self.dampening > 0):
            raise invalid("needs a momentum above 0 and a dampening of 0", "nesterov")
        return self

    @property
    def beyond_the_rule(self) -> str | None:
        own = "nesterov" if self.nesterov else "dampening" if self.dampening else None
        return super().beyond_the_rule or own

    def start(self, weight: Stacked) -> State:
        velocity = {"velocity": weight.new_zeros(weight.shape)}
        return {**velocity, "is_later": weight.new_zeros(())} if self.dampening else velocity

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        if self.nesterov or self.dampening:
            step = self._varied(gradient + decay * weight, state)
        else:
            step = state["velocity"].mul_(self.momentum).add_(gradient).add_(decay * weight)
        weight.addcmul_(step, rate, value=-1)

    def _varied(self, slope: Stacked, state: State) -> Stacked:
        """A step by a slope that has the decay, dampened or looking ahead."""
        velocity = state["velocity"].mul_(self.momentum)
        if self.nesterov:
            return slope + self.momentum * velocity.add_(slope)
        velocity.add_(slope * (1 - self.dampening * state["is_later"]))
        state["is_later"].fill_(1)
        return velocity
