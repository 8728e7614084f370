"""Transformers of several layers, with layer norm or without (Power et al., 2022).

They are trained by automatic differentiation of all runs of a stack together. A step of 4 runs of
two layers takes three quarters of the time of a loop over torch.nn.TransformerEncoderLayer, at the
size of specs/kumar2024/transformer/alpha.toml. One layer without norm takes 4.6 times as long as
`transformer`, which looks up what depends on single tokens (CPU, one thread).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.models._activations import ActivationName, activation_named
from grokspec.models._dropout import Dropping, Masks
from grokspec.models._layers import Draws, drawn_array, normalized
from grokspec.models.base import Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.tasks.base import Task


class DeepTransformer(Dropping):
    """Layers of causal attention and an MLP on tokens, each added to a residual stream.

    As `transformer`, it appends a token "=" to an example and reads the outputs from this last
    position; with one layer, no norm and learned positions it is the same function. Weights are
    [out, in] and have the layer's number: ``query_1``, ``mlp_in_bias_2``. Attention has no biases.

    With ``norm = "post"`` (Vaswani et al., 2017; Power et al., 2022) the stream is normalized after
    each addition; with "pre" what enters attention or MLP is, and the stream before it is read out.
    Scales start at one and shifts at zero, and σ multiplies them as every weight. Positions are
    learned, or fixed sines and cosines, for which embeddings of tokens start from N(0, 1).
    """

    kind: Literal["deep_transformer"] = "deep_transformer"
    layers: Annotated[int, Field(ge=1, description="Layers.", examples=[2])]
    width: Annotated[
        int, Field(ge=1, description="Width of the residual stream, d_model.", examples=[48])
    ]
    heads: Annotated[int, Field(ge=1, description="Attention heads, which divide the width.")] = 4
    mlp_width: Annotated[
        int | None, Field(ge=1, description="Hidden units of each MLP; by default 4 × width.")
    ] = None
    norm: Annotated[
        Literal["post", "pre", "none"],
        Field(
            description="Layer norm after each addition to the stream, before each layer's "
            "parts, or nowhere."
        ),
    ] = "post"
    positions: Annotated[
        Literal["learned", "sinusoidal"], Field(description="What is added for a position.")
    ] = "learned"
    activation: Annotated[
        ActivationName,
        Field(description="φ, of every MLP; as in torch.nn.functional, or h², or h."),
    ] = "relu"
    draws: Annotated[
        Literal["width"] | Draws,
        Field(
            description="Initial weights of attention and MLPs: N(0, 1/width) with biases of zero, "
            "or as `perceptron` draws them."
        ),
    ] = "width"
    tokens: Annotated[
        int | None,
        Field(ge=1, description='How many tokens there are besides "="; by default, outputs.'),
    ] = None

    takes_tokens: ClassVar[bool] = True
    takes_numbers: ClassVar[bool] = False
    remedy_for_vocabulary: ClassVar[str] = "let model.tokens be how many there are"

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> DeepTransformer:
        if self.width % self.heads:
            raise invalid(f"{self.heads} heads do not divide a width of {self.width}", "heads")
        return self

    def vocabulary(self, task: Task) -> int:
        return self._tokens(task.output_size)

    def size(self, input_size: int, output_size: int) -> Size:
        """Activations are those of all positions in each layer, and attention's shares."""
        shapes = self.weight_shapes(input_size, output_size)
        weights = sum(math.prod(shape) for shape in shapes.values())
        positions = input_size + 1
        norms = 0 if self.norm == "none" else 4 * self.width
        each = 8 * self.width + norms + 2 * self._mlp_width + 2 * self.heads * positions
        return Size(weights, positions * (self.width + self.layers * each) + output_size)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Three passes through each position; see `masked_output` for those of the last."""
        positions, square = input_size + 1, self.width**2
        onward = 2 * square + 2 * self.width * self._mlp_width  # query, attention, MLP
        reached = positions * (self.layers - 1) + 1
        passes = reached * onward + positions * self.layers * 2 * square  # keys and values
        passes += reached * 2 * positions * self.width + self.width * output_size
        return 6.0 * examples * passes

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"token": (self._tokens(output_size) + 1, self.width)}
        if self.positions == "learned":
            shapes["position"] = (input_size + 1, self.width)
        for layer in range(1, self.layers + 1):
            shapes |= {f"{name}_{layer}": shape for name, shape in self._shapes_of_layer().items()}
        if self.norm == "pre":
            shapes |= {"norm": (self.width,), "norm_bias": (self.width,)}
        return shapes | {"unembedding": (output_size, self.width)}

    def _shapes_of_layer(self) -> dict[str, Shape]:
        width, mlp_width = self.width, self._mlp_width
        square = (width, width)
        shapes: dict[str, Shape] = {
            "query": square,
            "key": square,
            "value": square,
            "attention": square,
            "mlp_in": (mlp_width, width),
            "mlp_in_bias": (mlp_width,),
            "mlp_out": (width, mlp_width),
            "mlp_out_bias": (width,),
        }
        if self.norm != "none":
            for name in ("attention_norm", "mlp_norm"):
                shapes |= {name: (width,), f"{name}_bias": (width,)}
        return shapes

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw every weight, in the order of `weight_shapes`."""
        source = generator(seed, "init")
        shapes = self.weight_shapes(input_size, output_size)
        tokens = shapes["token"][0]
        return {name: self._drawn(name, shape, source, tokens) for name, shape in shapes.items()}

    def _drawn(
        self, name: str, shape: Shape, source: np.random.Generator, tokens: int
    ) -> np.ndarray:
        import numpy as np

        what = name.rstrip("0123456789").rstrip("_")
        if what.removesuffix("_bias").endswith("norm"):
            return np.full(shape, 0.0 if what.endswith("bias") else 1.0)
        if what == "token" and self.positions == "sinusoidal":
            return source.standard_normal(shape)
        if what in ("token", "position", "unembedding") or self.draws == "width":
            variance = 1 / (tokens if what == "unembedding" else self.width)
            variance *= not what.endswith("bias")
            return variance**0.5 * source.standard_normal(shape)
        fans = self.width, self._mlp_width
        fan_in, fan_out = {"mlp_in": fans, "mlp_out": fans[::-1]}.get(
            what.removesuffix("_bias"), (self.width, self.width)
        )
        return drawn_array(self.draws, source, shape, (fan_in, fan_out), what.endswith("bias"))

    def shapes_of_masks(self, input_size: int) -> list[Shape]:
        """Of embeddings, and of what attention and MLP of each layer add; as Vaswani et al. do."""
        reached = [input_size + 1] * (self.layers - 1) + [1]
        each = [(positions, self.width) for positions in reached]
        return [(input_size + 1, self.width), *(shape for shape in each for _ in range(2))]

    def masked_output(self, weights: dict[str, Tensor], inputs: Tensor, masks: Masks) -> Tensor:
        """Compute g(w, x). The last layer computes its last position alone, which is read."""
        stream = _dropped(self._embedded(weights, inputs), masks[:1])
        for layer in range(1, self.layers + 1):
            reached = 1 if layer == self.layers else stream.shape[-2]
            own = masks[2 * layer - 1 : 2 * layer + 1]
            stream = self._layer(_of_layer(weights, layer), stream, reached, own)
        if self.norm == "pre":
            stream = _normalized(weights, "norm", stream)
        return stream[:, -1] @ weights["unembedding"].mT

    def _embedded(self, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """The residual stream before the first layer, [example, position, width]."""
        import torch

        equals = inputs.new_full((len(inputs), 1), len(weights["token"]) - 1)
        stream = weights["token"][torch.cat([inputs, equals], 1)]
        learned = self.positions == "learned"
        return stream + (weights["position"] if learned else _sinusoids(stream))

    def _layer(
        self, weights: Mapping[str, Tensor], stream: Tensor, reached: int, masks: Masks
    ) -> Tensor:
        """The stream at the last ``reached`` positions, after attention and MLP."""
        entering = _normalized(weights, "attention_norm", stream) if self.norm == "pre" else stream
        read = self._attention(weights, entering, reached)
        stream = stream[:, -reached:] + _dropped(read, masks[:1])
        if self.norm == "post":
            stream = _normalized(weights, "attention_norm", stream)
        entering = _normalized(weights, "mlp_norm", stream) if self.norm == "pre" else stream
        hidden = entering @ weights["mlp_in"].mT + weights["mlp_in_bias"]
        hidden = activation_named(self.activation).value(hidden)
        added = hidden @ weights["mlp_out"].mT + weights["mlp_out_bias"]
        stream = stream + _dropped(added, masks[1:])
        return _normalized(weights, "mlp_norm", stream) if self.norm == "post" else stream

    def _attention(self, weights: Mapping[str, Tensor], entering: Tensor, reached: int) -> Tensor:
        """What the last positions read from themselves and those before, [example, _, width]."""
        import torch

        query, key, value = (
            (given @ weights[name].mT).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name, given in (
                ("query", entering[:, -reached:]),
                ("key", entering),
                ("value", entering),
            )
        )
        scores = query @ key.mT / (self.width // self.heads) ** 0.5
        later = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1 + len(key[0, 0]) - reached)
        read = scores.masked_fill(later, -torch.inf).softmax(-1) @ value
        return read.transpose(1, 2).flatten(2) @ weights["attention"].mT

    @property
    def _mlp_width(self) -> int:
        return 4 * self.width if self.mlp_width is None else self.mlp_width

    def _tokens(self, output_size: int) -> int:
        """How many there are without "="."""
        return output_size if self.tokens is None else self.tokens


def _of_layer(weights: Mapping[str, Tensor], layer: int) -> dict[str, Tensor]:
    """The weights of a layer, without its number."""
    number = f"_{layer}"
    return {n.removesuffix(number): w for n, w in weights.items() if n.endswith(number)}


def _normalized(weights: Mapping[str, Tensor], name: str, stream: Tensor) -> Tensor:
    return normalized(stream, weights[name], weights[f"{name}_bias"])


def _dropped(value: Tensor, masks: Masks) -> Tensor:
    return value * masks[0] if masks else value


def _sinusoids(like: Tensor) -> Tensor:
    """``sin pω`` and ``cos pω`` in turn with ``ω = 10000^(−2i/width)``, [position, width].

    Vaswani et al. (2017), §3.5.
    """
    import torch

    positions, width = like.shape[-2:]
    component = torch.arange(width, dtype=like.dtype, device=like.device)
    rate = 10_000 ** (-2 * (component // 2) / width)
    angle = torch.arange(positions, dtype=like.dtype, device=like.device)[:, None] * rate
    return torch.where(component % 2 == 0, angle.sin(), angle.cos())
