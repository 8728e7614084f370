"""How a stack of networks with dropout is evaluated: with masks in a step, and without in between.

Masks are drawn run by run, outside of `vmap`, which cannot draw: one tensor [run, example, …] for
each place in the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.func import vjp, vmap

from grokspec.models._evaluator import Evaluator
from grokspec.rng import generator
from grokspec.shapes import Evaluation, Inputs, Outputs, Pullback, Scalars, Stacked, Weights

if TYPE_CHECKING:
    from grokspec.models._dropout import Dropping


class DroppingEvaluator(Evaluator):
    """Evaluates the runs of a stack, of which at least one has dropout."""

    capturable: ClassVar[bool] = False
    keeps_nothing: ClassVar[bool] = False
    model: Dropping

    def __init__(self, model: Dropping, seeds: Sequence[int], scalars: Scalars) -> None:
        super().__init__(model, scalars)
        self._chances = scalars["dropout"].tolist()
        self._generators = [generator(seed, "dropout") for seed in seeds]

    def on(self, inputs: Inputs) -> Evaluation:
        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            masks = self._masks(inputs, next(iter(weights.values())))

            def outputs(weights: Weights) -> Outputs:
                return vmap(self.model.masked_output)(weights, inputs, masks)

            value, pullback, *_ = vjp(outputs, weights)
            return value, lambda cotangent: pullback(cotangent)[0]

        return evaluate

    def measured_on(self, inputs: Inputs) -> Evaluation:
        return self.model.on(inputs, self.scalars)

    def _masks(self, inputs: Inputs, like: Tensor) -> list[Stacked]:
        """Draw the masks of one step, those of each run one after the other."""
        examples, positions = inputs.shape[1:]
        shapes = [(examples, *shape) for shape in self.model.shapes_of_masks(positions)]
        kept = [
            [source.random(shape, dtype=np.float32) >= chance for shape in shapes]
            for source, chance in zip(self._generators, self._chances, strict=True)
        ]
        left = 1 - self.scalars["dropout"]
        return [
            torch.from_numpy(np.stack(place)).to(like) / left.view(-1, *(1,) * place[0].ndim)
            for place in zip(*kept, strict=True)
        ]
