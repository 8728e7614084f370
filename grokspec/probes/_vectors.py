"""Weights as one vector a run."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from grokspec.shapes import Scalar, Weights

Flat = Float[Tensor, "run weight"]
"""All weights of each run, or what there is one of for each weight."""


def flat(weights: Weights) -> Flat:
    """All weights one after the other."""
    return torch.cat([weight.flatten(1) for weight in weights.values()], 1)


def unflat(vector: Flat, like: Weights) -> Weights:
    """The inverse of `flat`, in the shapes of other weights."""
    parts = vector.split([weight[0].numel() for weight in like.values()], 1)
    return {
        name: part.reshape(weight.shape)
        for (name, weight), part in zip(like.items(), parts, strict=True)
    }


def cosine(one: Flat, other: Flat) -> Scalar:
    """The cosine of the angle between two vectors; 0 if one of them is zero."""
    product = (_unit(one) * _unit(other)).sum(1)
    return product.clamp(-1, 1)


def _unit(vector: Flat) -> Flat:
    """A vector over its norm, by way of its largest number, whose square may be out of range."""
    largest = vector.abs().amax(1, keepdim=True)
    scaled = vector / torch.where(largest > 0, largest, 1)
    return torch.where(largest > 0, scaled / scaled.norm(dim=1, keepdim=True), 0 * vector)
