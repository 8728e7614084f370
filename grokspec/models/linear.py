"""Linear estimators, without a hidden layer (Levi et al., 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.shapes import Evaluation, Inputs, Outputs, Pullback, Scalars, Weights


class LinearEstimator(Model):
    """``g(w, x) = W x``, where W is ``weight_1`` [output, input], at first from N(0, σ²/inputs).

    The kernel is constant, so training is lazy at any α.
    """

    kind: Literal["linear"] = "linear"

    def size(self, input_size: int, output_size: int) -> Size:
        return Size(weights=input_size * output_size, activations=output_size)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """One product for the outputs and one for the gradient."""
        return 4.0 * examples * input_size * output_size

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        return {"weight_1": (output_size, input_size)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        draw = generator(seed, "init").standard_normal((output_size, input_size))
        return {"weight_1": draw / input_size**0.5}

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        return inputs @ weights["weight_1"].mT

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate with the gradient by hand.

        A step takes 12 times as long by automatic differentiation with 100 examples of 50 inputs
        and one output, and 4.6 times with ten (CPU, one thread).
        """

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            value = inputs @ weights["weight_1"].mT
            return value, lambda cotangent: {"weight_1": cotangent.mT @ inputs}

        return evaluate
