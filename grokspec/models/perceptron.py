"""Fully connected networks of any depth (Fig. 2, 6a, 8)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.models._activations import ActivationName, activation_named
from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.shapes import Evaluation, Inputs, Outputs, Pullback, Scalars, Weights


class Perceptron(Model):
    """``g(w, x) = W_L φ(… φ(W_1 x + b_1) …) + b_L``, the last layer linear.

    Weights are ``weight_1`` [out, in], ``bias_1`` [out] and so on; σ multiplies biases too.
    """

    kind: Literal["perceptron"] = "perceptron"
    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(
            strict=False,
            min_length=1,
            description="Widths of the hidden layers.",
            examples=[[100]],
        ),
    ]
    activation: Annotated[
        ActivationName,
        Field(description="φ, of every hidden layer; as in torch.nn.functional, or h², or h."),
    ] = "relu"
    bias: Annotated[bool, Field(description="Whether layers have biases.")] = True
    draws: Annotated[
        Literal["uniform", "normal"],
        Field(
            description="Initial weights: within ±1/√(inputs of the layer), as torch.nn.Linear "
            "draws them, or from N(0, 1)."
        ),
    ] = "uniform"
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
        widths = [input_size, *self.hidden, output_size]
        weights = sum(fan_out * (fan_in + self.bias) for fan_in, fan_out in pairwise(widths))
        return Size(weights=weights, activations=sum(widths[1:]))

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, tuple[int, ...]]:
        """Each weight's name and shape, in the order of the layers."""
        shapes: dict[str, tuple[int, ...]] = {}
        layers = pairwise([input_size, *self.hidden, output_size])
        for layer, (fan_in, fan_out) in enumerate(layers, 1):
            shapes[f"weight_{layer}"] = (fan_out, fan_in)
            if self.bias:
                shapes[f"bias_{layer}"] = (fan_out,)
        return shapes

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw every layer's weight and then its bias."""
        source = generator(seed, "init")
        fan_ins = [input_size, *self.hidden]
        drawn = {}
        for name, shape in self.weight_shapes(input_size, output_size).items():
            if self.draws == "normal":
                drawn[name] = source.standard_normal(shape)
            else:
                bound = fan_ins[int(name.rpartition("_")[2]) - 1] ** -0.5
                drawn[name] = source.uniform(-bound, bound, shape)
        return drawn

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        activate = activation_named(self.activation).value
        value = self._layer(weights, 1, inputs)
        for layer in range(2, len(self.hidden) + 2):
            value = self._layer(weights, layer, activate(value))
        return value / self.width_factor

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate with backpropagation by hand, which builds no graph at each step.

        A step takes 1.4 times as long by automatic differentiation at the size of
        specs/modular/alpha.toml, and 1.3 times at that of specs/student_teacher/alpha.toml (CPU,
        one thread).
        """
        depth = len(self.hidden) + 1
        activation = activation_named(self.activation)

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            entering, leaving = [inputs], []  # the inputs of each layer, and its outputs before φ
            for layer in range(1, depth + 1):
                value = self._layer(weights, layer, entering[-1])
                leaving.append(value)
                entering.append(activation.value(value) if layer < depth else value)
            factor = self.width_factor
            return leaving[-1] / factor, lambda cotangent: pullback(
                weights, entering, leaving, cotangent / factor
            )

        def pullback(
            weights: Weights, entering: list[Tensor], leaving: list[Tensor], slope: Tensor
        ) -> Weights:
            gradient = {}
            for layer in range(depth, 0, -1):
                gradient[f"weight_{layer}"] = slope.mT @ entering[layer - 1]
                if self.bias:
                    gradient[f"bias_{layer}"] = slope.sum(-2)
                if layer > 1:
                    slope = slope @ weights[f"weight_{layer}"]
                    slope = activation.pullback(slope, leaving[layer - 2], entering[layer - 1])
            return gradient

        return evaluate

    def _layer(self, weights: Mapping[str, Tensor], layer: int, entering: Tensor) -> Tensor:
        value = entering @ weights[f"weight_{layer}"].mT
        return value + weights[f"bias_{layer}"][..., None, :] if self.bias else value
