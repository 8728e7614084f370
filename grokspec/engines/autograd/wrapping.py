"""The wrappers of a stack's optimizer, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from grokspec.shapes import Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


class Wrapping:
    """From the gradients of a stack to those that its optimizer gets."""

    def __init__(self, stack: Sequence[Experiment], weights: Weights) -> None:
        self._weights = weights
        like = next(iter(weights.values()))
        seeds = [experiment.seed for experiment in stack]
        wrappers = stack[0].optimizer.wrappers
        self._wrappers = list(wrappers.values())
        self._states = [w.start(weights, seeds, name) for name, w in wrappers.items()]
        self._scalars = [
            {
                field: like.new_tensor([getattr(e.optimizer.wrappers[name], field) for e in stack])
                for field in wrapper.stackable_fields()
            }
            for name, wrapper in wrappers.items()
        ]

    @property
    def capturable(self) -> bool:
        return all(wrapper.capturable for wrapper in self._wrappers)

    def state(self) -> list[Tensor]:
        return [tensor for state in self._states for tensor in state.values()]

    def __call__(self, gradients: Weights) -> Weights:
        for wrapper, state, scalars in zip(
            self._wrappers, self._states, self._scalars, strict=True
        ):
            gradients = wrapper.apply(gradients, self._weights, state, scalars)
        return gradients
