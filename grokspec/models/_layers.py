"""Fully connected layers, which several networks have: their fields and weights."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.models._activations import ActivationName, activation_named
from grokspec.models._dropout import Dropping, Masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape

Draws = Literal[
    "uniform",
    "normal",
    "lecun_normal",
    "kaiming_normal",
    "kaiming_uniform",
    "xavier_normal",
    "xavier_uniform",
]


class Layered(Dropping):
    """The base of networks with fully connected layers, of which the last is linear."""

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
        Draws,
        Field(
            description="Initial weights: within ±1/√(inputs of the layer), as torch.nn.Linear "
            "draws them, or from N(0, 1), both with biases; or with biases of zero and the "
            "variance 1/inputs (lecun), 2/inputs (kaiming), or 2/(inputs + outputs) (xavier)."
        ),
    ] = "uniform"

    layer_norm: Annotated[
        bool,
        Field(description="Whether what enters each φ is normalized, as by torch.nn.LayerNorm."),
    ] = False

    @property
    def depth(self) -> int:
        """How many layers have weights."""
        return len(self.hidden) + 1

    def widths(self, input_size: int, output_size: int) -> tuple[int, ...]:
        """Of the inputs of the first layer, each hidden layer, and the outputs."""
        return (input_size, *self.hidden, output_size)

    def shapes_of_layers(self, input_size: int, output_size: int) -> dict[str, Shape]:
        """Each weight's name and shape, in the order of the layers."""
        shapes: dict[str, Shape] = {}
        widths = self.widths(input_size, output_size)
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths), 1):
            shapes[f"weight_{layer}"] = (fan_out, fan_in)
            if self.bias:
                shapes[f"bias_{layer}"] = (fan_out,)
            if self.layer_norm and layer < self.depth:
                shapes |= {f"norm_{layer}": (fan_out,), f"norm_bias_{layer}": (fan_out,)}
        return shapes

    def draw_layers(
        self, input_size: int, output_size: int, source: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Draw every layer's weight and then its bias. Norms have scales of one and no shifts."""
        import numpy as np

        widths = self.widths(input_size, output_size)
        drawn = {}
        for name, shape in self.shapes_of_layers(input_size, output_size).items():
            what, _, layer = name.rpartition("_")
            fans = widths[int(layer) - 1], widths[int(layer)]
            if what.startswith("norm"):
                drawn[name] = np.full(shape, float(what == "norm"))
            else:
                drawn[name] = drawn_array(self.draws, source, shape, fans, is_bias=what == "bias")
        return drawn

    def shapes_of_masks(self, input_size: int) -> list[Shape]:
        """Of every hidden layer, after φ."""
        return [(width,) for width in self.hidden]

    def outputs_of_layers(
        self, weights: Mapping[str, Tensor], inputs: Tensor, masks: Masks
    ) -> Tensor:
        """Outputs [example, output] of one run."""
        activate = activation_named(self.activation).value
        value = inputs
        for layer in range(1, self.depth):
            value = self.layer(weights, layer, value)
            if self.layer_norm:
                scale, shift = weights[f"norm_{layer}"], weights[f"norm_bias_{layer}"]
                value = normalized(value, scale, shift)
            value = activate(value)
            if masks:
                value = value * masks[layer - 1]
        return self.layer(weights, self.depth, value)

    def layer(self, weights: Mapping[str, Tensor], layer: int, entering: Tensor) -> Tensor:
        """The outputs of a layer, counted from 1, before norm and φ.

        There may be an axis of runs before the others.
        """
        value = entering @ weights[f"weight_{layer}"].mT
        return value + weights[f"bias_{layer}"][..., None, :] if self.bias else value


def normalized(value: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Each row of a value to mean 0 and variance 1, times a scale plus a shift."""
    from torch.nn import functional

    return functional.layer_norm(value, scale.shape, scale, shift)


def drawn_array(
    draws: Draws,
    source: np.random.Generator,
    shape: Shape,
    fans: tuple[int, int],
    is_bias: bool = False,
) -> np.ndarray:
    """Draw a weight or a bias of a layer with so many inputs and outputs; see `Layered.draws`."""
    import numpy as np

    fan_in, fan_out = fans
    if draws == "normal":
        return source.standard_normal(shape)
    if draws == "uniform":
        bound = fan_in**-0.5
        return source.uniform(-bound, bound, shape)
    if is_bias:
        return np.zeros(shape)
    rule, _, distribution = draws.partition("_")
    variances = {"lecun": 1 / fan_in, "kaiming": 2 / fan_in, "xavier": 2 / (fan_in + fan_out)}
    if distribution == "normal":
        return variances[rule] ** 0.5 * source.standard_normal(shape)
    bound = (3 * variances[rule]) ** 0.5
    return source.uniform(-bound, bound, shape)
