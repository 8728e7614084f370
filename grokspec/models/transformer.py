"""The one-layer transformer of Nanda et al. (2023) (Fig. 6b, 12, 13c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.shapes import Evaluation, Inputs, Scalars
    from grokspec.tasks.base import Task


class Transformer(Model):
    """One layer of causal attention and a ReLU MLP, without layer norm, on tokens.

    The tokens of an example are numbers from 0 to the number of outputs, exclusive. The model
    appends a token of its own, "=", and reads its outputs from this last position. Embeddings of
    tokens and positions are learned and added. Weights are [out, in]; the rows of ``query``,
    ``key`` and ``value`` are grouped by head.

    Initial weights are those of the cited work's code: normal with variance one over the width, or
    for ``unembedding`` one over the vocabulary (outputs and "="); biases are zero. Two things of
    that code are left out: a warm-up of the learning rate over ten steps, and an output for "=",
    which is never the right one.
    """

    kind: Literal["transformer"] = "transformer"
    width: Annotated[
        int, Field(ge=1, description="Width of the residual stream, d_model.", examples=[48])
    ]
    mlp_width: Annotated[
        int, Field(ge=1, description="Hidden units of the MLP, d_mlp.", examples=[192])
    ]
    heads: Annotated[int, Field(ge=1, description="Attention heads, which divide the width.")] = 4

    takes_tokens: ClassVar[bool] = True
    takes_numbers: ClassVar[bool] = False

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Transformer:
        if self.width % self.heads:
            raise invalid(f"{self.heads} heads do not divide a width of {self.width}", "heads")
        return self

    def vocabulary(self, task: Task) -> int:
        """As many as outputs; "=" is one more, which no input has."""
        return task.output_size

    def size(self, input_size: int, output_size: int) -> Size:
        """Activations are those at the last position: the row looked up, the stream, the MLP."""
        vocabulary, width = output_size + 1, self.width
        weights = (vocabulary + input_size + 1 + output_size) * width + 4 * width**2
        weights += (2 * width + 1) * self.mlp_width + width
        return Size(weights, 4 * width + self.heads + self.mlp_width + output_size)

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, tuple[int, ...]]:
        square = (self.width, self.width)
        return {
            "token": (output_size + 1, self.width),
            "position": (input_size + 1, self.width),
            "query": square,
            "key": square,
            "value": square,
            "attention": square,
            "mlp_in": (self.mlp_width, self.width),
            "mlp_in_bias": (self.mlp_width,),
            "mlp_out": (self.width, self.mlp_width),
            "mlp_out_bias": (self.width,),
            "unembedding": (output_size, self.width),
        }

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw every weight, in the order of `weight_shapes`."""
        source = generator(seed, "init")
        drawn = {}
        for name, shape in self.weight_shapes(input_size, output_size).items():
            variance = 1 / (output_size + 1 if name == "unembedding" else self.width)
            variance *= not name.endswith("bias")
            drawn[name] = variance**0.5 * source.standard_normal(shape)
        return drawn

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        """Compute g(w, x), with every position in every layer; `on` avoids most of that."""
        import torch

        equals = inputs.new_full((len(inputs), 1), len(weights["token"]) - 1)
        stream = weights["token"][torch.cat([inputs, equals], 1)] + weights["position"]
        stream = stream + self._attention(weights, stream)
        hidden = stream @ weights["mlp_in"].mT + weights["mlp_in_bias"]
        stream = stream + hidden.relu() @ weights["mlp_out"].mT + weights["mlp_out_bias"]
        return stream[:, -1] @ weights["unembedding"].mT

    def _attention(self, weights: dict[str, Tensor], stream: Tensor) -> Tensor:
        """What each position reads from itself and those before it, [example, position, width]."""
        import torch

        query, key, value = (
            (stream @ weights[name].mT).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        scores = query @ key.mT / (self.width // self.heads) ** 0.5
        later = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1)
        read = scores.masked_fill(later, -torch.inf).softmax(-1) @ value
        return read.transpose(1, 2).flatten(2) @ weights["attention"].mT

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate by looking up what depends on single tokens, with backpropagation by hand."""
        from grokspec.models._lookup import evaluation_by_lookup

        return evaluation_by_lookup(inputs, self.heads)
