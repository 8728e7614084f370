"""Fully connected networks of any depth (Fig. 2, 6a, 8)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.models._activations import activation_named
from grokspec.models._dropout import Masks
from grokspec.models._layers import Layered
from grokspec.models.base import Size
from grokspec.rng import generator

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.shapes import Evaluation, Inputs, Outputs, Pullback, Scalars, Weights


class Perceptron(Layered):
    """``g(w, x) = W_L φ(… φ(W_1 x + b_1) …) + b_L``, the last layer linear.

    Weights are ``weight_1`` [out, in], ``bias_1`` [out] and so on, with layer norm also its scales
    ``norm_1`` [out] and shifts ``norm_bias_1`` [out]; σ multiplies all of them.
    """

    kind: Literal["perceptron"] = "perceptron"
    mean_output: Annotated[
        bool,
        Field(
            description="Divide the output by the last hidden width, as Eq. 3 does.",
            examples=[True],
        ),
    ] = False

    @property
    def width_factor(self) -> float:
        return float(self.hidden[-1]) if self.mean_output else 1.0

    def size(self, input_size: int, output_size: int) -> Size:
        shapes = self.weight_shapes(input_size, output_size)
        weights = sum(math.prod(shape) for shape in shapes.values())
        return Size(weights, activations=sum(self.hidden) + output_size)

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        return self.shapes_of_layers(input_size, output_size)

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        return self.draw_layers(input_size, output_size, generator(seed, "init"))

    def masked_output(self, weights: dict[str, Tensor], inputs: Tensor, masks: Masks) -> Tensor:
        return self.outputs_of_layers(weights, inputs, masks) / self.width_factor

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate with backpropagation by hand, which builds no graph at each step.

        A step takes 1.4 times as long by automatic differentiation at the size of
        specs/kumar2024/modular/alpha.toml, and 1.3 times at that of
        specs/kumar2024/student_teacher/alpha.toml (CPU, one thread). With layer
        norm or dropout the gradient is the automatic one.
        """
        if self.layer_norm:
            return super().on(inputs, scalars)
        activation = activation_named(self.activation)

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            entering, leaving = [inputs], []  # the inputs of each layer, and its outputs before φ
            for layer in range(1, self.depth + 1):
                value = self.layer(weights, layer, entering[-1])
                leaving.append(value)
                entering.append(activation.value(value) if layer < self.depth else value)
            factor = self.width_factor
            return value / factor, lambda cotangent: pullback(
                weights, entering, leaving, cotangent / factor
            )

        def pullback(
            weights: Weights, entering: list[Tensor], leaving: list[Tensor], slope: Tensor
        ) -> Weights:
            gradient = {}
            for layer in range(self.depth, 0, -1):
                gradient[f"weight_{layer}"] = slope.mT @ entering[layer - 1]
                if self.bias:
                    gradient[f"bias_{layer}"] = slope.sum(-2)
                if layer > 1:
                    slope = slope @ weights[f"weight_{layer}"]
                    slope = activation.pullback(slope, leaving[layer - 2], entering[layer - 1])
            return gradient

        return evaluate
