"""The neural tangent kernel by automatic differentiation (Eq. 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float, Real
from torch import Tensor
from torch.func import jacrev

Output = Callable[[dict[str, Tensor], Tensor, Mapping[str, Tensor]], Tensor]
"""The type of ``Model.output``: g(w, x) of one run, from weights, inputs and stackable fields."""


def tangent_kernel(
    output: Output,
    weights: Mapping[str, Tensor],
    inputs: Real[Tensor, "example ..."],
    scalars: Mapping[str, Tensor],
) -> Float[Tensor, "example example"]:
    """``Σ ∂g(x)/∂w · ∂g(x')/∂w`` over the weights of one run, summed over outputs."""
    slopes = jacrev(output)(dict(weights), inputs, scalars)
    flat = torch.cat([slope.flatten(2) for slope in slopes.values()], -1)
    return torch.einsum("aow,bow->ab", flat, flat)


def tangent_kernel_of_arrays(
    output: Output,
    weights: Mapping[str, np.ndarray],
    inputs: np.ndarray,
    scalars: Mapping[str, float],
) -> np.ndarray:
    """The same for numpy arrays, in float64."""
    numbers = {name: torch.tensor(float(x), dtype=torch.float64) for name, x in scalars.items()}
    tensors = {name: torch.from_numpy(np.asarray(w, dtype=float)) for name, w in weights.items()}
    return tangent_kernel(output, tensors, torch.from_numpy(inputs), numbers).numpy()
