"""The weights of a stack as an optimizer moves them: one at a time, or all in one vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from grokspec.shapes import Scalar, Weights

ALIGNED = 16
"""Each weight in a vector starts at a multiple of this many elements, as a tensor of its own does:
the last digit of a matrix product may depend on where in a cache line its factors begin."""


@dataclass(frozen=True)
class Part:
    """What an optimizer moves at a time: one weight of the stack, or all of them in one vector."""

    weight: Tensor
    rate: Tensor
    decay: Tensor
    """One number a run, or one for each element of the vector."""
    gradient: Callable[[Weights], Tensor]
    """Picks the derivatives out of those in all weights."""

    @classmethod
    def of_one(cls, weights: Weights, name: str, rate: Scalar, decay: Scalar) -> Part:
        """The weight of this name."""
        shape = (-1, *(1,) * (weights[name].ndim - 1))
        return cls(weights[name], rate.view(shape), decay.view(shape), lambda all: all[name])

    @classmethod
    def of_all(cls, weights: Weights, rate: Scalar, decay: Scalar) -> Part:
        """All weights in a vector; ``weights`` then has views of it."""
        vector = _joined(weights)
        slope = torch.zeros_like(vector)
        weights |= _views(vector, weights)
        slopes = _views(slope, weights)

        def gradient(gradients: Weights) -> Tensor:
            for name, into in slopes.items():
                into.copy_(gradients[name])
            return slope

        return cls(vector, _spread(rate, weights), _spread(decay, weights), gradient)


def _joined(weights: Weights) -> Float[Tensor, " element"]:
    """Weights one after the other in a vector, with zeros between them."""
    flat = [weight.flatten() for weight in weights.values()]
    return torch.cat([torch.nn.functional.pad(w, (0, -len(w) % ALIGNED)) for w in flat])


def _views(vector: Float[Tensor, " element"], like: Weights) -> Weights:
    """The parts of a joined vector, in the shapes of the weights."""
    sizes = [weight.numel() for weight in like.values()]
    parts = vector.split([size + -size % ALIGNED for size in sizes])
    return {
        name: part[:size].view(weight.shape)
        for (name, weight), part, size in zip(like.items(), parts, sizes, strict=True)
    }


def _spread(numbers: Scalar, weights: Weights) -> Float[Tensor, " _"]:
    """One number for each element of the joined weights; a single one if all runs have the same."""
    if (numbers == numbers[0]).all():
        return numbers[:1]
    return _joined({n: numbers.repeat_interleave(w[0].numel()) for n, w in weights.items()})
