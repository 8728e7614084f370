"""Moving the weights of a stack by instances of `torch.optim.Optimizer`.

One instance for the weights of all runs in one vector saves the time to start the operations of
each: a step of 16 perceptrons with two layers of 32 units takes 74 µs a run by one instance of
torch.optim.Adam, as by grokspec's own, and 399 µs by 16 of them (CPU, one thread).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from grokspec.engines.autograd.vector import Part
from grokspec.files.python import users_code
from grokspec.shapes import Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


class InstanceMover:
    """Moves the weights of a stack by an instance for each run, or one for all where alike."""

    capturable = False

    def __init__(self, stack: Sequence[Experiment], weights: Weights) -> None:
        """Replace ``weights`` by views of one vector if one instance moves them together."""
        self._optimizer = stack[0].optimizer
        settings = [(e.optimizer.rate(e.model), e.optimizer.weight_decay) for e in stack]
        self._instances = (
            [self._of_all(weights, *settings[0])]
            if self._optimizer.treats_elements_alike and len(set(settings)) == 1
            else [self._of_run(weights, run, *both) for run, both in enumerate(settings)]
        )

    def state(self) -> list[Tensor]:
        """Nothing: what instances remember is theirs."""
        return []

    def __call__(self, gradients: Weights) -> None:
        for move in self._instances:
            move(gradients)

    def _of_all(self, weights: Weights, rate: float, decay: float) -> Callable[[Weights], None]:
        like = next(iter(weights.values()))
        rates, decays = (like.new_full(like.shape[:1], number) for number in (rate, decay))
        part = Part.of_all(weights, rates, decays)
        return self._moving([part.weight], lambda all: [part.gradient(all)], rate, decay)

    def _of_run(
        self, weights: Weights, run: int, rate: float, decay: float
    ) -> Callable[[Weights], None]:
        own = [weight[run] for weight in weights.values()]
        names = list(weights)
        return self._moving(own, lambda all: [all[name][run] for name in names], rate, decay)

    def _moving(
        self,
        weights: list[Tensor],
        slopes: Callable[[Weights], list[Tensor]],
        rate: float,
        decay: float,
    ) -> Callable[[Weights], None]:
        """A function that moves some weights, in place, given the derivatives in all."""
        parameters = [torch.nn.Parameter(weight) for weight in weights]
        instance = self._optimizer.instance(parameters, rate, decay)

        def move(gradients: Weights) -> None:
            for parameter, slope in zip(parameters, slopes(gradients), strict=True):
                parameter.grad = slope
            with users_code("the optimizer's step"):
                instance.step()
            for parameter, weight in zip(parameters, weights, strict=True):
                if parameter.data_ptr() != weight.data_ptr():  # it was replaced, not changed
                    weight.copy_(parameter)
                    parameter.data = weight

        return move
