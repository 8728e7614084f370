"""Numbers of each run and its weights: norms, and factors on them."""

from __future__ import annotations

import torch
from torch import Tensor

from grokspec.shapes import Scalar, Stacked, Weights


def beside(numbers: Scalar, like: Stacked) -> Tensor:
    """One number a run, in a shape that broadcasts over its weight."""
    return numbers.view(-1, *(1,) * (like.ndim - 1))


def dot(first: Stacked, second: Stacked) -> Scalar:
    """The inner product of two arrays of each run."""
    return (first * second).flatten(1).sum(1)


def norm(array: Stacked) -> Scalar:
    """The Euclidean norm of an array of each run."""
    return torch.linalg.vector_norm(array.flatten(1), dim=1)


def norm_of_all(arrays: Weights) -> Scalar:
    """The Euclidean norm of all arrays of each run, as one vector."""
    return torch.linalg.vector_norm(torch.stack([norm(a) for a in arrays.values()]), dim=0)
